@testable import ScuttleCore

/// Everything that a replica shows, owned, so that it can be held against another time or another replica.
struct Snapshot: Equatable, CustomStringConvertible {
    /// Tombstones too, in the byte order of keys.
    let entries: [PlainUpdate]
    let clock: [String: Version]
    let version: Version
    let count: Int
    let fingerprint: UInt64
    /// What the history has of each source that has an entry or a clock.
    let history: [String: [PlainUpdate]]

    init(_ replica: Replica) {
        entries = replica.allEntries
        clock = replica.clock
        version = replica.version
        count = replica.count
        fingerprint = replica.fingerprint
        history = Dictionary(uniqueKeysWithValues: clock.keys.map { ($0, replica.news($0, above: 0)) })
    }

    var description: String {
        "version \(version), clock \(clock.sorted { $0.key < $1.key }), entries \(entries), history \(history)"
    }
}

extension Replica {
    /// Tombstones too, in the byte order of keys.
    var allEntries: [PlainUpdate] {
        keys.records.map { PlainUpdate(update(of: $0)) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    /// What a walk shows: keys that hold a value.
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

    var clock: [String: Version] {
        var found: [String: Version] = [:]
        visitClock { source, version in
            found[source.text] = version
            return true
        }
        return found
    }

    /// The first invariant that does not hold; nil in builds that cannot tell.
    var broken: String? {
        #if DEBUG
            brokenInvariant()
        #else
            nil
        #endif
    }
}
