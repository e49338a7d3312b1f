import CJansson
import ScuttleCore

/// The members of a message that have a meaning, found by name, and their types checked when they are taken.
struct MessageFields {
    typealias Value = UnsafeMutablePointer<json_t>

    private(set) var digest, done, deleted, expired, key, sourceID, id, version, written, timeToLive, age, ageAt,
        dot: Value?
    /// Which member of the object the value is, counted from 0: its text is cut out of the line by that.
    private(set) var valuePlace: Int?
    private(set) var valueIsNull = false
    /// The same of a key that is no string.
    private(set) var keyPlace: Int?
    /// Whether there are members besides `digest` and `done`.
    private(set) var hasOthers = false

    let root: Value
    private let hasLargeIntegers: Bool

    init(_ document: borrowing JSONDocument) {
        var fields = MessageFields(root: document.root, hasLargeIntegers: document.hasLargeIntegers)
        var place = 0
        document.root.visitMembers { name, value in
            fields.take(name, value, place)
            place += 1
        }
        self = fields
    }

    private init(root: Value, hasLargeIntegers: Bool) {
        (self.root, self.hasLargeIntegers) = (root, hasLargeIntegers)
    }

    private mutating func take(_ name: Bytes, _ value: Value, _ place: Int) {
        if name.equals(Bytes("digest")) {
            digest = value
            return
        }
        if name.equals(Bytes("done")) {
            done = value
            return
        }
        hasOthers = true
        if name.equals(Bytes("key")) {
            key = value
            keyPlace = place
        } else if name.equals(Bytes("value")) {
            valuePlace = place
            valueIsNull = value.type == JSON_NULL
        } else if name.equals(Bytes("source_id")) {
            sourceID = value
        } else if name.equals(Bytes("version")) {
            version = value
        } else if name.equals(Bytes("id")) {
            id = value
        } else if name.equals(Bytes("deleted")) {
            deleted = value
        } else if name.equals(Bytes("expired")) {
            expired = value
        } else if name.equals(Bytes("written")) {
            written = value
        } else if name.equals(Bytes("ttl")) {
            timeToLive = value
        } else if name.equals(Bytes("age")) {
            age = value
        } else if name.equals(Bytes("dot")) {
            dot = value
        } else if name.equals(Bytes("at")) {
            ageAt = value
        }
    }

    /// Whether a peer means a digest, or the end of a round of them: whatever JavaScript takes for true.
    var isDigest: Bool { digest?.isTruthy ?? false }
    var isDone: Bool { done?.isTruthy ?? false }

    /// The version of a digest. JavaScript peers begin with -Infinity, which JSON spells as null.
    func digestVersion() throws(Failure) -> Version {
        guard let version, version.type != JSON_NULL else { return 0 }
        if json_number_value(version) < 0 { return 0 }
        return try number(version, lowest: 0)
    }

    /// A boolean that is false where it is missing.
    func flag(_ value: Value?, _ name: StaticString) throws(Failure) -> Bool {
        guard let value else { return false }
        guard let flag = value.bool else { throw Failure(.message, "\(name) is not true or false") }
        return flag
    }

    /// `["A",3]`: of a republished update the timestamp, or the dot; nil if there is none.
    func pair(_ value: Value?) throws(Failure) -> IncomingUpdate.Written? {
        guard let value else { return nil }
        guard value.type == JSON_ARRAY, json_array_size(value) == 2 else {
            throw Failure(.message, "written or dot is not a source and a version")
        }
        let source = try text(json_array_get(value, 0), "the source of written or dot")
        return (source, try number(json_array_get(value, 1), lowest: 1))
    }

    /// A time to live, or how much of it is over.
    func time(_ value: Value?, ifMissing time: UInt64) throws(Failure) -> UInt64 {
        guard let value else { return time }
        guard let number = value.integer, number >= 0, number <= Version.highest else {
            throw Failure(.timeToLive, "a time to live or its age is not an integer in 0 ... 2^53-1")
        }
        return UInt64(number)
    }

    func text(_ value: Value?, _ name: StaticString) throws(Failure) -> Bytes {
        guard let value else { throw Failure(.message, "\(name) is missing") }
        guard let text = value.string else { throw Failure(.message, "\(name) is not a string") }
        return text
    }

    func number(_ value: Value?, lowest: Int64) throws(Failure) -> Version {
        guard let value else { throw Failure(.message, "version is missing") }
        guard let number = hasLargeIntegers ? value.wholeNumber : value.integer, number >= lowest,
            number <= Version.highest
        else {
            throw Failure(.version, "version is not an integer in \(Int(lowest)) ... 2^53-1")
        }
        return Version(number)
    }
}
