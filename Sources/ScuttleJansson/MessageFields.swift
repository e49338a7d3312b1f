import CJansson
import ScuttleCore

/// The known members of a message. Each access checks the type.
struct MessageFields {
    typealias Value = UnsafeMutablePointer<json_t>

    private(set) var digest, done, deleted, expired, key, sourceID, id, version, written, timeToLive, age, ageAt,
        dot: Value?
    /// The index of the member `value`, by which `MemberLocator` finds its text.
    private(set) var valueIndex: Int?
    private(set) var valueIsNull = false
    /// The index of the member `key`, if it is not a string.
    private(set) var keyIndex: Int?
    /// Whether the message has members besides `digest` and `done`.
    private(set) var hasOthers = false

    let root: Value
    private let hasLargeIntegers: Bool

    init(_ document: borrowing JSONDocument) {
        var fields = MessageFields(root: document.root, hasLargeIntegers: document.hasLargeIntegers)
        var index = 0
        document.root.visitMembers { name, value in
            fields.assign(name, value, index)
            index += 1
        }
        self = fields
    }

    private init(root: Value, hasLargeIntegers: Bool) {
        (self.root, self.hasLargeIntegers) = (root, hasLargeIntegers)
    }

    private mutating func assign(_ name: Bytes, _ value: Value, _ index: Int) {
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
            keyIndex = index
        } else if name.equals(Bytes("value")) {
            valueIndex = index
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

    /// Whether the message is a digest or the end of a round: JavaScript treats `digest` as true.
    var isDigest: Bool { digest?.isTruthy ?? false }
    var isDone: Bool { done?.isTruthy ?? false }

    /// Returns the version of a digest. JavaScript peers begin with -Infinity, which JSON spells as null.
    func digestVersion() throws(Failure) -> Version {
        guard let version, version.type != JSON_NULL else { return 0 }
        if json_number_value(version) < 0 { return 0 }
        return try number(version, lowest: 0)
    }

    /// Returns a boolean; false if it is missing.
    func flag(_ value: Value?, _ name: StaticString) throws(Failure) -> Bool {
        guard let value else { return false }
        guard let flag = value.bool else { throw Failure(.message, "\(name) is not true or false") }
        return flag
    }

    /// Decodes `["A",3]`, the timestamp or the dot of a republished update; nil if it is missing.
    func pair(_ value: Value?) throws(Failure) -> IncomingUpdate.Written? {
        guard let value else { return nil }
        guard value.type == JSON_ARRAY, json_array_size(value) == 2 else {
            throw Failure(.message, "written or dot is not an array of a source and a version")
        }
        let source = try text(json_array_get(value, 0), "the source of written or dot")
        return (source, try number(json_array_get(value, 1), lowest: 1))
    }

    /// Returns a time to live or an age.
    func time(_ value: Value?, ifMissing time: UInt64) throws(Failure) -> UInt64 {
        guard let value else { return time }
        guard let number = value.integer, number >= 0, number <= Version.highest else {
            throw Failure(.timeToLive, "ttl or age is not an integer in 0 ... 2^53-1")
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
