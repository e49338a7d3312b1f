import CJansson
import ScuttleCore

/// A total order over JSON values, by meaning rather than by spelling:
/// null < false < true < numbers < strings < arrays < objects.
///
/// Integers and reals compare as numbers, strings by their bytes, which is the order of code points. Arrays compare element by
/// element, and objects as their members sorted by name, name before value. Different texts may be equal, such as 1 and 1.0.
///
/// The comparison reads both texts side by side up to the first difference, so a short value costs little against a long one.
/// It reads both objects to their ends, because members have no order, and needs memory only for the members that may decide.
public enum ValueOrder {
    /// Returns <0, 0 or >0. `ValueText` must have checked both values.
    public static func compare(_ a: Bytes, _ b: Bytes) -> Int {
        var (left, right) = (ValueReader(a), ValueReader(b))
        return compare(&left, &right, false)
    }

    /// Returns whether both are equal in JavaScript, whose numbers are doubles.
    public static func areSame(_ a: Bytes, _ b: Bytes) -> Bool {
        var (left, right) = (ValueReader(a), ValueReader(b))
        return compare(&left, &right, true) == 0
    }

    private typealias Value = UnsafeMutablePointer<json_t>

    /// Compares two values. If they are equal, both readers are at the end of their value.
    @inline(never)
    private static func compare(_ a: inout ValueReader, _ b: inout ValueReader, _ asDoubles: Bool) -> Int {
        let ranks = (rank(a.next), rank(b.next))
        guard ranks.0 == ranks.1 else { return ranks.0 - ranks.1 }
        switch ranks.0 {
        case 3: return compareNumbers(a.scalar(), b.scalar(), asDoubles)
        case 4: return compareStrings(&a, &b)
        case 5: return compareArrays(&a, &b, asDoubles)
        case 6: return compareObjects(&a, &b, asDoubles)
        default:
            _ = (a.scalar(), b.scalar())
            return 0
        }
    }

    private static func rank(_ first: UInt8) -> Int {
        switch first {
        case UInt8(ascii: "n"): 0
        case UInt8(ascii: "f"): 1
        case UInt8(ascii: "t"): 2
        case UInt8(ascii: "\""): 4
        case UInt8(ascii: "["): 5
        case UInt8(ascii: "{"): 6
        default: 3
        }
    }

    @inline(never)
    private static func compareNumbers(_ a: Bytes, _ b: Bytes, _ asDoubles: Bool) -> Int {
        if a.equals(b) { return 0 }
        do throws(Failure) {
            let left = try JSONDocument(parsing: a)
            let right = try JSONDocument(parsing: b)
            return asDoubles
                ? compareReals(json_number_value(left.root), json_number_value(right.root))
                : compareNumbers(left.root, right.root)
        } catch {
            return 0
        }
    }

    private static func compareNumbers(_ a: Value, _ b: Value) -> Int {
        switch (a.integer, b.integer) {
        case (let a?, let b?): a < b ? -1 : a > b ? 1 : 0
        case (let a?, nil): compareMixed(a, json_real_value(b))
        case (nil, let b?): -compareMixed(b, json_real_value(a))
        case (nil, nil): compareReals(json_real_value(a), json_real_value(b))
        }
    }

    private static func compareReals(_ a: Double, _ b: Double) -> Int {
        a < b ? -1 : a > b ? 1 : 0
    }

    /// Compares exactly, even if a double cannot hold the integer: the whole parts first, then the fraction of the real.
    private static func compareMixed(_ integer: Int64, _ real: Double) -> Int {
        guard real < 0x1p63 else { return -1 }
        guard real >= -0x1p63 else { return 1 }
        let whole = Int64(real)
        guard integer == whole else { return integer < whole ? -1 : 1 }
        return compareReals(0, real - Double(whole))
    }

    @inline(never)
    private static func compareStrings(_ a: inout ValueReader, _ b: inout ValueReader) -> Int {
        (a.offset, b.offset) = (a.offset + 1, b.offset + 1)
        while true {
            let (left, right) = (a.byteOfString(), b.byteOfString())
            if left != right { return left - right }
            if left < 0 { return 0 }
        }
    }

    private static func compareArrays(_ a: inout ValueReader, _ b: inout ValueReader, _ asDoubles: Bool) -> Int {
        (a.offset, b.offset) = (a.offset + 1, b.offset + 1)
        while true {
            let (isLeft, isRight) = (a.skipCommaOrEnd(), b.skipCommaOrEnd())
            if isLeft || isRight { return isLeft == isRight ? 0 : isLeft ? -1 : 1 }
            let order = compare(&a, &b, asDoubles)
            if order != 0 { return order }
        }
    }

    @inline(never)
    private static func compareObjects(_ a: inout ValueReader, _ b: inout ValueReader, _ asDoubles: Bool) -> Int {
        a.findEnds()
        b.findEnds()
        var (first, second) = (a, b)
        let counts = (first.skipObject(first: 0).count, second.skipObject(first: 0).count)
        let least = min(counts.0, counts.1)
        let left = a.skipObject(first: least).names
        let right = b.skipObject(first: least).names
        for index in 0..<least {
            var (mine, theirs) = (a.at(left[index]), b.at(right[index]))
            let names = compareStrings(&mine, &theirs)
            if names != 0 { return names }
            mine.skipColon()
            theirs.skipColon()
            let values = compare(&mine, &theirs, asDoubles)
            if values != 0 { return values }
        }
        return counts.0 - counts.1
    }

    /// Returns the order of two names at offsets in one text.
    @inline(never)
    fileprivate static func precedes(_ a: UInt32, _ b: UInt32, in reader: ValueReader) -> Bool {
        var (left, right) = (reader.at(a), reader.at(b))
        return compareStrings(&left, &right) < 0
    }
}

/// Reads a valid JSON value token by token. Its offset is never at white space outside of a string.
private struct ValueReader {
    let text: Bytes
    var offset = 0
    /// The bytes of an escape that are still to be read, the next one lowest.
    private var pending: UInt32 = 0
    /// The start of each array and object in the upper half, and in the lower one its end, once it is known: a skip then costs
    /// O(log n).
    private var ends: [UInt64] = []

    init(_ text: Bytes) {
        self.text = text
        skipSpace()
    }

    private mutating func skipSpace() {
        while offset < text.count, text[offset] <= UInt8(ascii: " ") { offset += 1 }
    }

    /// The next byte; 0 at the end.
    var next: UInt8 { offset < text.count ? text[offset] : 0 }

    /// Returns a reader at another offset of the text.
    func at(_ offset: UInt32) -> ValueReader {
        var other = self
        other.offset = Int(offset)
        return other
    }

    /// Reads a number or a literal.
    @inline(never)
    mutating func scalar() -> Bytes {
        offset = min(offset, text.count)
        let start = offset
        while offset < text.count, text[offset] > UInt8(ascii: " "), !Self.ends(text[offset]) { offset += 1 }
        return Bytes(rebasing: text[start..<offset])
    }

    private static func ends(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte | 0x20 == UInt8(ascii: "}")
    }

    /// Skips the comma before an element, or the end of an array or an object; returns whether that was the end.
    @inline(never)
    mutating func skipCommaOrEnd() -> Bool {
        skipSpace()
        let byte = next
        if Self.ends(byte) { offset += 1 }
        skipSpace()
        // A text that ends too soon ends everything.
        return offset > text.count || byte == 0 || byte | 0x20 == UInt8(ascii: "}")
    }

    /// Reads the next byte of a string's text, as UTF-8; -1 at the end of the string, which is skipped.
    mutating func byteOfString() -> Int {
        if pending != 0 {
            defer { pending >>= 8 }
            return Int(pending & 0xff)
        }
        guard offset < text.count else { return -1 }
        let byte = text[offset]
        offset += 1
        if byte == UInt8(ascii: "\"") { return -1 }
        return byte == UInt8(ascii: "\\") ? byteOfEscape() : Int(byte)
    }

    @inline(never)
    private mutating func byteOfEscape() -> Int {
        let kind = next
        offset += 1
        switch kind {
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "u"): break
        default: return Int(kind)
        }
        var code = hexadecimal()
        if code & 0xfc00 == 0xd800 {
            offset += 2
            code = 0x10000 + (code & 0x3ff) << 10 + (hexadecimal() & 0x3ff)
        }
        if code < 0x80 { return Int(code) }
        // The last byte highest.
        var count: UInt32 = 0
        var limit: UInt32 = 0x40
        while code >= limit {
            pending = pending << 8 | 0x80 | code & 0x3f
            code >>= 6
            count += 1
            limit = 0x40 >> count
        }
        return Int(0xff00 >> (count + 1) & 0xff | code)
    }

    @inline(never)
    private mutating func hexadecimal() -> UInt32 {
        var code: UInt32 = 0
        let end = offset + 4
        while offset < end {
            let digit = next
            offset += 1
            code = code << 4 | UInt32(digit & 0xf + (digit >> 6) * 9)
        }
        return code
    }

    // MARK: Objects

    /// Skips the colon behind a name.
    mutating func skipColon() {
        skipSpace()
        offset += 1
        skipSpace()
    }

    /// Skips a string.
    @inline(never)
    private mutating func skipString() {
        offset += 1
        while offset < text.count {
            offset = text.endOfPlainText(from: offset).offset
            let byte = next
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
    }

    private mutating func skipValue() {
        switch next {
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            let index = ends.indices.partition { ends[$0] >> 32 >= UInt64(UInt32(truncatingIfNeeded: offset)) }
            offset = index < ends.count ? Int(UInt32(truncatingIfNeeded: ends[index])) : text.count
        default: _ = scalar()
        }
    }

    /// Skips an object, and returns the count of its members and the offsets of the first names in the order of names, at most
    /// `max`.
    @inline(never)
    mutating func skipObject(first max: Int) -> (count: Int, names: [UInt32]) {
        var names: [UInt32] = []
        var count = 0
        var bound: UInt32?
        let reader = self
        offset += 1
        while !skipCommaOrEnd() {
            let name = UInt32(truncatingIfNeeded: offset)
            skipString()
            skipColon()
            skipValue()
            count += 1
            if max == 0 { continue }
            if let bound, !ValueOrder.precedes(name, bound, in: reader) { continue }
            names.append(name)
            guard names.count >= 2 * max + 16 else { continue }
            names.arrange { ValueOrder.precedes($0, $1, in: reader) }
            while names.count > max { names.removeLast() }
            bound = names.last
        }
        names.arrange { ValueOrder.precedes($0, $1, in: reader) }
        return (count, names)
    }

    /// Finds the ends of all arrays and objects, if they are not known. O(length).
    @inline(never)
    mutating func findEnds() {
        guard ends.isEmpty else { return }
        var open: [UInt32] = []
        let here = offset
        offset = 0
        while offset < text.count {
            let byte = text[offset] | 0x20
            if byte == UInt8(ascii: "\"") {
                skipString()
                continue
            }
            if byte == UInt8(ascii: "{") {
                open.append(UInt32(truncatingIfNeeded: ends.count))
                ends.append(UInt64(UInt32(truncatingIfNeeded: offset)) << 32)
            }
            offset += 1
            if byte == UInt8(ascii: "}"), let last = open.popLast() {
                ends[Int(last)] |= UInt64(UInt32(truncatingIfNeeded: offset))
            }
        }
        offset = here
    }
}
