import ScuttleCore

/// The measures of a JSON text that its brackets and strings reveal before jansson parses it.
struct JSONShape {
    /// The nesting of arrays and objects.
    private(set) var depth = 0
    /// Whether the text has white space outside of strings.
    private(set) var hasWhiteSpace = false
    /// The limit of the memory that jansson allocates to read the text: up to 79 bytes for each of its bytes.
    private(set) var bytesToRead: Int

    /// Measures any text, valid or not. O(length), without recursion.
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
                // An empty object, which costs most memory.
                bytesToRead &+= 240
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                // A short string with its pointer; half of a member.
                bytesToRead &+= 92
            default:
                if byte.isJSONWhiteSpace { hasWhiteSpace = true }
            }
        }
    }

    /// Checks the measures.
    /// - Throws: `.depth`; `.bytes` if reading needs too much memory.
    @inline(never)
    func check(maxDepth: Int, within bytes: Int = .max) throws(Failure) {
        guard bytesToRead <= bytes / 4 else {
            throw Failure(.bytes, "reading the JSON text needs \(bytesToRead) bytes; max_bytes is \(bytes)")
        }
        guard depth <= maxDepth else {
            throw Failure(.depth, "the JSON text is nested \(depth) deep; the limit is \(maxDepth)")
        }
    }
}

extension UInt8 {
    var isJSONWhiteSpace: Bool {
        self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09
    }
}
