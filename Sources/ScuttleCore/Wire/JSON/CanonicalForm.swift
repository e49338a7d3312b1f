/// Reads a line by the forms in which this library writes it. A form is text in which some characters stand for values:
///
/// | in a form | in the line | values |
/// |---|---|---|
/// | `#` | a number, at most 2^53-1 | the number |
/// | `$` | a string without escapes | address and count |
/// | `%`, `&` | 16 or 8 hexadecimal digits in lower case | the number |
/// | `?` | true or false | 1 or 0 |
///
/// It accepts less than the judge and never more.
struct CanonicalForm {
    private var scanner: CanonicalScanner
    /// The values that were read. No message has more.
    private var values = InlineArray<16, UInt64>(repeating: 0)
    private var count = 0

    init(_ line: Bytes) {
        scanner = CanonicalScanner(line)
    }

    var isAtEnd: Bool { scanner.isAtEnd }

    subscript(index: Int) -> UInt64 {
        assert(index >= 0 && index < count)
        return values[unchecked: index]
    }

    /// The string whose values begin at an index.
    func text(_ index: Int) -> Bytes {
        Bytes(
            start: UnsafeRawPointer(bitPattern: UInt(self[index])), count: Int(truncatingIfNeeded: self[index + 1]))
    }

    /// The checksum of lines whose values begin at an index.
    func check(_ index: Int) -> LineCheck {
        LineCheck(count: self[index], hash: UInt32(truncatingIfNeeded: self[index + 1]))
    }

    /// Consumes text of a form, if it is next, and appends its values. O(length).
    @inline(never)
    @_optimize(speed)
    mutating func read(_ form: StaticString) -> Bool {
        let before = (scanner, count)
        for byte in Bytes(form) {
            // Most characters stand for themselves, all but # $ % & ?.
            let isValue = byte &- UInt8(ascii: "#") < 4 || byte == UInt8(ascii: "?")
            guard isValue ? consume(byte) : scanner.consume(byte) else {
                (scanner, count) = before
                return false
            }
        }
        return true
    }

    /// Consumes what a character stands for, and appends the values.
    @inline(never)
    private mutating func consume(_ kind: UInt8) -> Bool {
        switch kind {
        case UInt8(ascii: "#"):
            guard let number = scanner.version() else { return false }
            append(number)
        case UInt8(ascii: "$"):
            guard let text = scanner.plainString() else { return false }
            append(UInt64(UInt(bitPattern: text.baseAddress)))
            append(UInt64(truncatingIfNeeded: text.count))
        case UInt8(ascii: "%"), UInt8(ascii: "&"):
            guard let number = scanner.hexadecimal(digits: kind == UInt8(ascii: "%") ? 16 : 8) else { return false }
            append(number)
        case UInt8(ascii: "?"):
            let isTrue = scanner.consume("true")
            guard isTrue || scanner.consume("false") else { return false }
            append(isTrue ? 1 : 0)
        default:
            return false
        }
        return true
    }

    private mutating func append(_ value: UInt64) {
        assert(count < values.count)
        values[unchecked: count] = value
        count &+= 1
    }

    /// The limit of claims. More are left to the judge, whose hash table finds a duplicate sooner than pairwise comparison.
    private static var maxClaims: Int { 16 }

    /// Reads claims of sources, up to the end of their object; nil: the judge decides. A vector has `"A":5`, or `"A":[5,3]` with a
    /// GC version, a commit `"A":[2,5]`, or `"A":[0,5,3]` with a GC version.
    @inline(never)
    mutating func claims(ofVector isVector: Bool) -> [SourceClaim]? {
        var claims: [SourceClaim] = []
        let first = count
        while !read("}") {
            guard claims.isEmpty || read(",") else { return nil }
            let isShort = read(isVector ? "$:#" : "$:[#,#]")
            guard isShort || read(isVector ? "$:[#,#]" : "$:[#,#,#]") else { return nil }
            let last = isShort ? 0 : self[count - 1]
            let numbers = first + 2
            let (since, covered) = isVector ? (0, self[numbers]) : (self[numbers], self[numbers + 1])
            let source = text(first)
            guard since <= covered, last <= covered, claims.count < Self.maxClaims,
                !claims.contains(where: { $0.source.equals(source) })
            else { return nil }
            claims.append(SourceClaim(source: source, since: since, covered: covered, purged: last))
            count = first
        }
        return claims
    }
}
