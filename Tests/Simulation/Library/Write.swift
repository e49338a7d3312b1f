@testable import ScuttleCore

/// A write, as the simulation knows it.
struct Write {
    /// The index among all writes.
    let number: Int
    let key: String
    var rank: Int
    let isDelete: Bool
    /// Whether it is an expiry, which ranks above the write with the same timestamp, and below all later ones.
    var isExpiry = false
    let source: [UInt8]
    let version: Version
    /// The write that its writer saw and replaced.
    let replaced: Int?
    /// The value, if it is any text; nil if it consists of rank and index.
    var text: String?

    /// The value. Values order by their first member; the index makes equal ones different.
    var value: String { text ?? "[\(rank),\(number)]" }

    func precedes(_ other: Write) -> Bool {
        if version != other.version { return version < other.version }
        if source != other.source { return source.lexicographicallyPrecedes(other.source) }
        return !isExpiry && other.isExpiry
    }
}

/// The timestamp of a write.
struct WriteID: Hashable {
    let source: [UInt8]
    let version: Version
    var isExpiry = false
}
