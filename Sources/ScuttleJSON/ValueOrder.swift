import CJansson
import Scuttle

/// A total order over JSON values, by meaning rather than by spelling:
/// null < false < true < numbers < strings < arrays < objects.
///
/// Numbers compare as the numbers that they are, integers and reals alike; strings by their bytes, which is by code points;
/// arrays element by element; objects as their members sorted by name, name before value. What compares as equal (such as
/// 1 and 1.0) is left to the caller to tell apart.
public enum ValueOrder {
    /// <0, 0 or >0. Both are values that `ValueText` has checked.
    public static func compare(_ a: Bytes, _ b: Bytes) -> Int {
        do throws(Failure) {
            let left = try JSONDocument(parsing: a)
            let right = try JSONDocument(parsing: b)
            return compare(left.root, right.root)
        } catch {
            return 0
        }
    }

    /// Whether both are the same to JavaScript: its numbers are doubles.
    public static func areSame(_ a: Bytes, _ b: Bytes) -> Bool {
        do throws(Failure) {
            let left = try JSONDocument(parsing: a)
            let right = try JSONDocument(parsing: b)
            return compare(left.root, right.root, asDoubles: true) == 0
        } catch {
            return false
        }
    }

    private typealias Value = UnsafeMutablePointer<json_t>

    private static func compare(_ a: Value, _ b: Value, asDoubles: Bool = false) -> Int {
        let ranks = (rank(a), rank(b))
        guard ranks.0 == ranks.1 else { return ranks.0 - ranks.1 }
        switch a.type {
        case JSON_INTEGER, JSON_REAL:
            return asDoubles ? compareReals(json_number_value(a), json_number_value(b)) : compareNumbers(a, b)
        case JSON_STRING: return compareBytes(a.string, b.string)
        case JSON_ARRAY: return compareArrays(a, b, asDoubles)
        case JSON_OBJECT: return compareObjects(a, b, asDoubles)
        default: return 0
        }
    }

    private static func rank(_ value: Value) -> Int {
        switch value.type {
        case JSON_NULL: 0
        case JSON_FALSE: 1
        case JSON_TRUE: 2
        case JSON_INTEGER, JSON_REAL: 3
        case JSON_STRING: 4
        case JSON_ARRAY: 5
        default: 6
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

    /// Exactly, where a double cannot hold the integer: whole parts first, then what the real has beyond.
    private static func compareMixed(_ integer: Int64, _ real: Double) -> Int {
        guard real < 0x1p63 else { return -1 }
        guard real >= -0x1p63 else { return 1 }
        let whole = Int64(real)
        guard integer == whole else { return integer < whole ? -1 : 1 }
        return compareReals(0, real - Double(whole))
    }

    private static func compareBytes(_ a: Bytes?, _ b: Bytes?) -> Int {
        guard let a, let b else { return 0 }
        return a.precedes(b) ? -1 : a.equals(b) ? 0 : 1
    }

    private static func compareArrays(_ a: Value, _ b: Value, _ asDoubles: Bool) -> Int {
        let counts = (json_array_size(a), json_array_size(b))
        for index in 0..<min(counts.0, counts.1) {
            guard let left = json_array_get(a, index), let right = json_array_get(b, index) else { break }
            let order = compare(left, right, asDoubles: asDoubles)
            if order != 0 { return order }
        }
        return counts.0 - counts.1
    }

    private static func compareObjects(_ a: Value, _ b: Value, _ asDoubles: Bool) -> Int {
        let (left, right) = (sortedMembers(a), sortedMembers(b))
        for (mine, theirs) in zip(left, right) {
            let names = compareBytes(mine.name, theirs.name)
            if names != 0 { return names }
            let values = compare(mine.value, theirs.value, asDoubles: asDoubles)
            if values != 0 { return values }
        }
        return left.count - right.count
    }

    private static func sortedMembers(_ object: Value) -> [(name: Bytes, value: Value)] {
        var members: [(name: Bytes, value: Value)] = []
        object.visitMembers { members.append(($0, $1)) }
        return members.arranged { compareBytes($0.name, $1.name) < 0 }
    }
}
