import CHints

/// Memory that runs out. A call that needs a large block asks for it before it changes anything, and fails with `.memory` if there
/// is none. Where any other memory is missing the process ends, and says so on stderr.
public enum Memory {
    /// Smaller blocks are not asked for.
    private static var large: Int { 1 << 16 }

    /// Whether the system has a block of so many bytes. Yes for a small one. O(1).
    @inline(__always)
    public static func has(_ bytes: Int) -> Bool {
        bytes < large || hint_has_memory(bytes) != 0
    }

    /// Checks the same.
    /// - Throws: `.memory`.
    @inline(__always)
    public static func check(_ bytes: Int) throws(Failure) {
        if bytes >= large { try checkNow(bytes) }
    }

    /// The same whatever the size.
    /// - Throws: `.memory`.
    @inline(never)
    public static func checkNow(_ bytes: Int) throws(Failure) {
        guard hint_has_memory(bytes) != 0 else { throw Failure.outOfMemory }
    }

    /// Ends the process where a failure cannot be told.
    public static func end(lacking bytes: Int) -> Never {
        hint_out_of_memory(bytes)
    }
}

#if hasFeature(Embedded)
    /// What all allocations of Swift call: the linker puts it in the place of posix_memalign, of which Swift does not look at the result.
    @_cdecl("__wrap_posix_memalign")
    public func allocate(_ block: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ alignment: Int, _ bytes: Int) -> CInt
    {
        block.pointee = hint_allocate(alignment, bytes)
        return 0
    }
#endif
