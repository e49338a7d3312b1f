@testable import ScuttleCore

/// An owned copy of a replica's whole visible state, to compare it with another time or another replica.
struct Snapshot: Equatable, CustomStringConvertible {
    /// All entries, tombstones included, in the byte order of keys.
    let entries: [PlainUpdate]
    let vector: [String: Version]
    let version: Version
    let count: Int
    let fingerprint: UInt64
    /// The updates in the history of each source that has an entry or a version.
    let history: [String: [PlainUpdate]]

    init(_ replica: Replica) {
        entries = replica.allEntries
        vector = replica.vector
        version = replica.version
        count = replica.count
        fingerprint = replica.fingerprint
        history = Dictionary(uniqueKeysWithValues: vector.keys.map { ($0, replica.updates($0, above: 0)) })
    }

    var description: String {
        "version \(version), vector \(vector.sorted { $0.key < $1.key }), entries \(entries), history \(history)"
    }
}

extension Replica {
    /// All entries, tombstones included, in the byte order of keys.
    var allEntries: [PlainUpdate] {
        keys.records.map { PlainUpdate(update(of: $0)) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// Returns the entries of a walk: keys that hold a value.
    func walk(prefix: String = "") -> [PlainUpdate] {
        var found: [PlainUpdate] = []
        prefix.lend { prefix in
            visitEntries(prefix: prefix) {
                found.append(PlainUpdate($0))
                return true
            }
        }
        return found
    }

    var vector: [String: Version] {
        var found: [String: Version] = [:]
        visitVector { source, version in
            found[source.text] = version
            return true
        }
        return found
    }

    /// The first broken invariant; nil if all hold, or in builds without checks.
    var broken: String? {
        #if DEBUG
            brokenInvariant()
        #else
            nil
        #endif
    }
}
