@testable import Scuttle

/// A write, as the simulation remembers it.
struct Write {
    /// Its index among all writes.
    let number: Int
    let key: String
    let rank: Int
    let isDelete: Bool
    let source: [UInt8]
    let version: Version
    /// The write that its writer saw and replaced.
    let replaced: Int?

    /// Values order by their first member; equal ones are told apart by the number.
    var value: String { "[\(rank),\(number)]" }

    func precedes(_ other: Write) -> Bool {
        version == other.version ? source.lexicographicallyPrecedes(other.source) : version < other.version
    }
}

/// A write's timestamp.
struct WriteID: Hashable {
    let source: [UInt8]
    let version: Version
}
