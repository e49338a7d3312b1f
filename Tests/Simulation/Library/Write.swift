@testable import ScuttleCore

/// A write, as the simulation remembers it.
struct Write {
    /// Its index among all writes.
    let number: Int
    let key: String
    var rank: Int
    let isDelete: Bool
    /// The end of a time to live: above the write with the same timestamp, and below all later ones.
    var isExpiry = false
    let source: [UInt8]
    let version: Version
    /// The write that its writer saw and replaced.
    let replaced: Int?
    /// The value where it is any text; nil where it is made of rank and number.
    var text: String?

    /// Values order by their first member; equal ones are told apart by the number.
    var value: String { text ?? "[\(rank),\(number)]" }

    func precedes(_ other: Write) -> Bool {
        if version != other.version { return version < other.version }
        if source != other.source { return source.lexicographicallyPrecedes(other.source) }
        return !isExpiry && other.isExpiry
    }
}

/// A write's timestamp.
struct WriteID: Hashable {
    let source: [UInt8]
    let version: Version
    var isExpiry = false
}
