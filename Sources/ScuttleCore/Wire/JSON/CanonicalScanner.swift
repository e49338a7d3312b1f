/// Reads the tokens of compact JSON one by one, without memory of its own.
///
/// It accepts less than jansson and never more. Nil and false mean that the judge decides, and the scanner is then of no
/// further use. It skips no white space, so a text that it reads to the end has none outside of strings.
struct CanonicalScanner {
    let text: Bytes
    private(set) var offset = 0

    init(_ text: Bytes) {
        self.text = text
    }

    var isAtEnd: Bool { offset >= text.count }

    /// The byte at `offset`; nil at the end.
    var next: UInt8? { offset < text.count ? text[offset] : nil }

    /// Returns the bytes from `start` to `offset`.
    @_optimize(speed)
    func slice(from start: Int) -> Bytes {
        Bytes(rebasing: text[start..<offset])
    }

    /// Skips bytes that are known to be there.
    @_optimize(speed)
    mutating func skip(_ count: Int) {
        offset &+= count
    }

    /// Consumes a byte, if it is the next one.
    @_optimize(speed)
    mutating func consume(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset &+= 1
        return true
    }

    /// Consumes a token of 4 to 16 bytes, if it is next. Compares two words that may overlap; inlined, so that the expected
    /// words are constants.
    @inline(__always)
    mutating func consume(_ expected: StaticString) -> Bool {
        let frame = Bytes(expected)
        guard text.count &- offset >= frame.count else { return false }
        let here = Bytes(rebasing: text[offset..<offset &+ frame.count])
        switch frame.count {
        case 4...7: guard here.isSame(as: frame, UInt32.self) else { return false }
        case 8...16: guard here.isSame(as: frame, UInt64.self) else { return false }
        default: return false
        }
        skip(frame.count)
        return true
    }

    /// Consumes the next byte, if it belongs to a class.
    @_optimize(speed)
    mutating func consume(where belongs: (UInt8) -> Bool) -> UInt8? {
        guard let next, belongs(next) else { return nil }
        offset &+= 1
        return next
    }
}

extension UnsafeRawBufferPointer {
    /// Returns whether the first and the last word are equal in both, which have the same length, of one word at least.
    @inline(__always)
    fileprivate func isSame<Word: FixedWidthInteger & BitwiseCopyable>(as other: Bytes, _: Word.Type) -> Bool {
        let last = count &- MemoryLayout<Word>.size
        return loadUnaligned(as: Word.self) == other.loadUnaligned(as: Word.self)
            && loadUnaligned(fromByteOffset: last, as: Word.self)
                == other.loadUnaligned(fromByteOffset: last, as: Word.self)
    }
}
