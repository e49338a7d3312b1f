import Scuttle

/// What can be told of a JSON text by looking at its brackets and strings alone, before anyone parses it.
struct JSONShape {
    /// How deep arrays and objects nest.
    private(set) var depth = 0
    /// Whether white space stands outside of strings.
    private(set) var hasWhiteSpace = false

    /// O(length), no recursion: the text may be anything.
    @_optimize(speed)
    init(of text: Bytes) {
        var scanner = JSONScanner(text)
        var open = 0
        while let byte = scanner.nextOutsideStrings() {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                depth = max(depth, open)
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open -= 1
            default:
                if byte.isJSONWhiteSpace { hasWhiteSpace = true }
            }
        }
    }

    func check(deepest: Int) throws(Failure) {
        guard depth <= deepest else { throw Failure(.depth, "nested \(depth) deep; at most \(deepest) are allowed") }
    }
}

extension UInt8 {
    var isJSONWhiteSpace: Bool {
        self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09
    }
}
