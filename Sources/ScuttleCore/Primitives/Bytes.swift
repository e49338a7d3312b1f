/// Borrowed bytes: keys, values, ids and lines. Their owner keeps them alive during the call.
///
/// Text is bytes throughout the core, compared byte by byte: the same order as that of code points, and no Unicode
/// tables in the library.
public typealias Bytes = UnsafeRawBufferPointer

extension UnsafeRawBufferPointer {
    /// Creates bytes that live as long as the process.
    public init(_ text: StaticString) {
        self.init(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Returns whether both hold the same bytes. O(length), eight bytes at a time.
    public func equals(_ other: Bytes) -> Bool {
        guard count == other.count else { return false }
        guard let mine = baseAddress, let theirs = other.baseAddress else { return true }
        return mine.commonPrefix(with: theirs, limit: count) == count
    }

    /// Returns whether these bytes are less than `other` in the order of bytes; a prefix is less than a longer text.
    public func precedes(_ other: Bytes) -> Bool {
        let shorter = Swift.min(count, other.count)
        guard shorter > 0, let mine = baseAddress, let theirs = other.baseAddress else { return count < other.count }
        let common = mine.commonPrefix(with: theirs, limit: shorter)
        return common == shorter ? count < other.count : self[common] < other[common]
    }

    package func begins(with prefix: Bytes) -> Bool {
        count >= prefix.count && Bytes(rebasing: self[..<prefix.count]).equals(prefix)
    }
}

extension UnsafeRawPointer {
    /// Returns the length of the longest common prefix, at most `limit`.
    @inline(__always)
    fileprivate func commonPrefix(with other: UnsafeRawPointer, limit: Int) -> Int {
        var offset = 0
        while offset + 8 <= limit {
            let difference =
                loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                ^ other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if difference != 0 { return offset + difference.littleEndian.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < limit {
            let (mine, theirs) = ((self + offset).load(as: UInt8.self), (other + offset).load(as: UInt8.self))
            guard mine == theirs else { break }
            offset += 1
        }
        return offset
    }
}
