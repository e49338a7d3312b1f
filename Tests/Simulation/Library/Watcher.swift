@testable import ScuttleCore

/// A watcher of a replica, with a copy of the entries that it has visited.
final class Watcher {
    private let prefix: [UInt8]
    private var cursor = Cursor()
    private var copy: [[UInt8]: [UInt8]] = [:]
    private var count = 0

    init(prefix: String) { self.prefix = [UInt8](prefix.utf8) }

    /// Looks at the changes, and compares the copy with the replica. Sometimes it looks in parts, or does not look at all.
    func look(at replica: Replica) throws {
        count += 1
        guard count % 3 != 0 else { return }
        var seen: Set<[UInt8]> = []
        var isFollowed = true
        var isDone = false
        while !isDone {
            var left = count % 2 == 0 ? 3 : .max
            let part = prefix.lend { prefix in
                replica.visitChanges(prefix, from: &cursor) { update in
                    let key = [UInt8](update.key)
                    copy[key] = update.isDelete ? nil : [UInt8](update.value)
                    if !seen.insert(key).inserted { isDone = true }
                    left -= 1
                    return left > 0
                }
            }
            guard !isDone else { throw SimulationFailure(description: "a watcher has seen a key twice") }
            if !part {
                guard isFollowed else { throw SimulationFailure(description: "a watch has begun anew twice") }
                isFollowed = false
            }
            isDone = left > 0
        }
        // What has not been visited anew is gone.
        if !isFollowed { copy = copy.filter { seen.contains($0.key) } }
        var held: [[UInt8]: [UInt8]] = [:]
        replica.keys.forEach { _, record in
            if !record.isDelete, record.key.starts(with: prefix) { held[[UInt8](record.key)] = [UInt8](record.value) }
            return true
        }
        guard copy == held else {
            throw SimulationFailure(
                description: "a watcher of \(prefix.text) has \(copy.count) keys, the replica \(held.count); by key: "
                    + Set(copy.keys).symmetricDifference(held.keys).map(\.text).sorted().joined(separator: " "))
        }
    }
}

extension World {
    func watchAll() throws {
        for number in present {
            for watcher in watchers[number] { try watcher.look(at: replicas[number]) }
        }
    }
}
