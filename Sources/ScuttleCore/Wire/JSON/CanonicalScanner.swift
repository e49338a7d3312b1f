/// Reads the tokens of compact JSON one by one, without memory of its own.
///
/// It accepts less than jansson does and never more: each answer that is nil or false means "ask the judge", after which the
/// scanner is of no more use. White space is not skipped, so a text that is read to its end has none outside of strings.
struct CanonicalScanner {
    let text: Bytes
    private(set) var offset = 0

    init(_ text: Bytes) {
        self.text = text
    }

    var isAtEnd: Bool { offset >= text.count }

    /// The byte at the present place; nil at the end.
    var next: UInt8? { offset < text.count ? text[offset] : nil }

    /// The bytes from `start` to the present place.
    @_optimize(speed)
    func taken(from start: Int) -> Bytes {
        Bytes(rebasing: text[start..<offset])
    }

    /// Steps over some bytes, which the caller has seen to be there.
    @_optimize(speed)
    mutating func skip(_ count: Int) {
        offset &+= count
    }

    /// Steps over a byte, if it stands here.
    @_optimize(speed)
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        offset &+= 1
        return true
    }

    /// Steps over a word or a frame of 4 to 16 bytes, if it stands here. Two words that may overlap cover it; inlined, so
    /// that what is expected of them is known at compile time.
    @inline(__always)
    mutating func take(_ expected: StaticString) -> Bool {
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

    /// Steps over a byte that belongs to a class.
    @_optimize(speed)
    mutating func take(where belongs: (UInt8) -> Bool) -> UInt8? {
        guard let next, belongs(next) else { return nil }
        offset &+= 1
        return next
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the first and the last word are the same in both, which have as many bytes: one word at least.
    @inline(__always)
    fileprivate func isSame<Word: FixedWidthInteger & BitwiseCopyable>(as other: Bytes, _: Word.Type) -> Bool {
        let last = count &- MemoryLayout<Word>.size
        return loadUnaligned(as: Word.self) == other.loadUnaligned(as: Word.self)
            && loadUnaligned(fromByteOffset: last, as: Word.self)
                == other.loadUnaligned(fromByteOffset: last, as: Word.self)
    }
}
