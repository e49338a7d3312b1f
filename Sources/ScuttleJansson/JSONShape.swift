import ScuttleCore

/// What can be told of a JSON text by looking at its brackets and strings alone, before anyone parses it.
struct JSONShape {
    /// How deep arrays and objects nest.
    private(set) var depth = 0
    /// Whether white space stands outside of strings.
    private(set) var hasWhiteSpace = false
    /// What jansson takes to read it, at most: up to 79 bytes for one of the text.
    private(set) var bytesToRead: Int

    /// O(length), no recursion: the text may be anything.
    @_optimize(speed)
    init(of text: Bytes) {
        var scanner = JSONScanner(text)
        var open = 0
        bytesToRead = text.count &* 2
        while let byte = scanner.nextOutsideStrings() {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                depth = max(depth, open)
                // An empty object, which takes most.
                bytesToRead &+= 240
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                // A short string, with its place; half of a member.
                bytesToRead &+= 92
            default:
                if byte.isJSONWhiteSpace { hasWhiteSpace = true }
            }
        }
    }

    /// - Throws: `.depth`; `.bytes` if it takes too much to read.
    @inline(never)
    func check(deepest: Int, within bytes: Int = .max) throws(Failure) {
        guard bytesToRead <= bytes / 4 else {
            throw Failure(.bytes, "a JSON text that takes \(bytesToRead) bytes to read; max_bytes is \(bytes)")
        }
        guard depth <= deepest else { throw Failure(.depth, "nested \(depth) deep; at most \(deepest) are allowed") }
    }
}

extension UInt8 {
    var isJSONWhiteSpace: Bool {
        self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09
    }
}
