/// Searches that look at sixteen bytes at a time.

extension UnsafeRawBufferPointer {
    /// Returns the offset of the first byte that equals `byte`; nil if there is none. O(length).
    @inline(__always)
    public func offset(of byte: UInt8) -> Int? {
        let wanted = SIMD16<UInt8>(repeating: byte)
        let offset = firstOffset(from: 0) {
            $0 .== wanted
        } orOne: {
            $0 == byte
        }
        return offset < count ? offset : nil
    }

    /// Returns how often a byte occurs. O(length).
    @_optimize(speed)
    package func count(of byte: UInt8) -> Int {
        var (rest, found) = (self, 0)
        while let offset = rest.offset(of: byte) {
            rest = Bytes(rebasing: rest[(offset &+ 1)...])
            found &+= 1
        }
        return found
    }

    /// Whether these are 8 to 16 bytes of ASCII without a NUL, as most keys are. Reads two words, which may overlap.
    @inline(__always)
    var isShortASCII: Bool {
        guard count &- 8 <= 8, count >= 8 else { return false }
        let first = loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        let last = loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        // One less than a byte has its highest bit set if the byte is 0.
        let low: UInt64 = 0x0101_0101_0101_0101
        return (first | last | (first &- low) | (last &- low)) & 0x8080_8080_8080_8080 == 0
    }

    /// Returns the offset of the first double quote, backslash or control character from `start` on; the count if there is
    /// none. `isASCII` is false if a byte before that offset may not be ASCII. O(length).
    @inline(__always)
    public func endOfPlainText(from start: Int) -> (offset: Int, isASCII: Bool) {
        // The bits of all bytes together. A few bytes behind the found one count too, because leaving them out would cost
        // more.
        var seen = SIMD16<UInt8>(repeating: 0)
        var alone: UInt8 = 0
        let offset = firstOffset(from: start) { bytes in
            seen |= bytes
            let quotes = bytes .== SIMD16<UInt8>(repeating: 0x22)
            let backslashes = bytes .== SIMD16<UInt8>(repeating: 0x5c)
            let controls = bytes .< SIMD16<UInt8>(repeating: 0x20)
            return quotes .| backslashes .| controls
        } orOne: { byte in
            alone |= byte
            return byte == 0x22 || byte == 0x5c || byte < 0x20
        }
        let halves = unsafeBitCast(seen, to: SIMD2<UInt64>.self)
        return (offset, (halves[0] | halves[1]) & 0x8080_8080_8080_8080 == 0 && alone < 0x80)
    }

    /// Returns the offset of the first byte from `start` on that `find` marks; the count if there is none.
    /// - Parameter one: the test for a single byte, for fewer than sixteen.
    @inline(__always)
    private func firstOffset(
        from start: Int, _ find: (SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>>, orOne one: (UInt8) -> Bool
    ) -> Int {
        var offset = start
        while count &- offset >= 16 {
            let found = find(loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)).bits
            if found != 0 { return offset &+ found.trailingZeroBitCount / 8 }
            offset &+= 16
        }
        guard count >= 16 else {
            while offset < count, !one(self[offset]) { offset &+= 1 }
            return offset
        }
        guard offset < count else { return count }
        // The last sixteen bytes. Those that were searched already are masked out, and not by a shift, for which the linker's
        // optimizer would call a 128-bit function of libgcc.
        let last = count &- 16
        let isNew = SIMD16<UInt8>.lanes .>= SIMD16<UInt8>(repeating: UInt8(truncatingIfNeeded: offset &- last))
        let found = (find(loadUnaligned(fromByteOffset: last, as: SIMD16<UInt8>.self)) .& isNew).bits
        return found == 0 ? count : last &+ found.trailingZeroBitCount / 8
    }
}

extension SIMDMask<SIMD16<Int8>> {
    /// Eight bits a lane, the first lane in the lowest.
    @inline(__always)
    fileprivate var bits: UInt128 {
        UInt128(littleEndian: unsafeBitCast(self, to: UInt128.self))
    }
}

extension SIMD16<UInt8> {
    @inline(__always)
    fileprivate static var lanes: Self { Self(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) }
}
