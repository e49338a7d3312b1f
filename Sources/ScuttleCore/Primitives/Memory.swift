import CHints

/// Checks for memory before large allocations. A call that needs a large block checks for it before it changes anything, and
/// fails with `.memory` if the system has none. If any other allocation fails, the process ends with a message on stderr.
public enum Memory {
    /// The smallest block that is checked.
    private static var large: Int { 1 << 16 }

    /// Returns whether the system has a block of `bytes` bytes. True for a small one. O(1).
    @inline(__always)
    public static func has(_ bytes: Int) -> Bool {
        bytes < large || hint_has_memory(bytes) != 0
    }

    /// Checks whether the system has a block of `bytes` bytes, if it is large.
    /// - Throws: `.memory`.
    @inline(__always)
    public static func check(_ bytes: Int) throws(Failure) {
        if bytes >= large { try checkNow(bytes) }
    }

    /// Checks whether the system has a block of `bytes` bytes, whatever its size.
    /// - Throws: `.memory`.
    @inline(never)
    public static func checkNow(_ bytes: Int) throws(Failure) {
        guard hint_has_memory(bytes) != 0 else { throw Failure.outOfMemory }
    }

    /// Ends the process because an allocation failed that has no way to return an error.
    public static func end(lacking bytes: Int) -> Never {
        hint_out_of_memory(bytes)
    }
}

#if hasFeature(Embedded)
    /// The allocator of all Swift code. The linker puts it in the place of `posix_memalign`, whose result Swift does not check.
    @_cdecl("__wrap_posix_memalign")
    public func allocate(_ block: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ alignment: Int, _ bytes: Int) -> CInt
    {
        block.pointee = hint_allocate(alignment, bytes)
        return 0
    }
#endif
