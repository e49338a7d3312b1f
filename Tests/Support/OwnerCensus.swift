@testable import ScuttleCore

/// Counts the owners of every record of some replicas, and holds one reference to each. So it detects a record that was
/// released too often or not often enough, whether anything still refers to it or not.
final class OwnerCensus {
    private var known: [UnsafeRawPointer: Record] = [:]

    var count: Int { known.count }

    /// Adds the records that are new in the history. Call it after each update, before the next one.
    func notice(_ replica: Replica) {
        for id in 0..<SourceID(replica.sources.count) {
            for record in replica.history.updates(of: replica.sources[id], above: 0) where known[record.address] == nil
            {
                record.retain()
                known[record.address] = record
            }
        }
    }

    /// Returns the first record whose count of owners is wrong.
    func wrong(_ replicas: [Replica]) -> String? {
        var owners: [UnsafeRawPointer: Int] = [:]
        for replica in replicas {
            for record in replica.keys.records { owners[record.address, default: 0] += 1 }
            for id in 0..<SourceID(replica.sources.count) {
                for record in replica.history.updates(of: replica.sources[id], above: 0) {
                    owners[record.address, default: 0] += 1
                }
            }
            for case let link as Link in replica.linkTable.links {
                try? link.peek(maxCount: .max) { span in
                    if let record = self.record(with: span) { owners[record.address, default: 0] += 1 }
                }
            }
        }
        for (address, record) in known where record.owners != 1 + (owners[address] ?? 0) {
            return "\(record.key.text) has \(record.owners) owners, not \(1 + (owners[address] ?? 0))"
        }
        return owners.keys.contains { known[$0] == nil } ? "a record that nobody has noticed" : nil
    }

    /// Returns the record whose value a span is, or whose value ends in it; nil for text.
    private func record(with span: Bytes) -> Record? {
        guard let start = span.baseAddress else { return nil }
        return known.values.first { record in
            guard let value = record.value.baseAddress else { return false }
            return start >= value && start < value + record.value.count
        }
    }

    /// Returns the first record that has another owner, after all replicas and links are gone. Releases all records.
    func leaked() -> String? {
        let leaked = known.values.first { $0.owners != 1 }
        let words = leaked.map { "\($0.key.text) still has \($0.owners - 1) owners" }
        for record in known.values where record.owners == 1 { record.release() }
        known = [:]
        return words
    }
}
