#if DEBUG
    /// What must hold between any two calls, for tests: the first thing that does not, in words. Not in the library.
    extension Replica {
        func brokenInvariant() -> String? {
            for key in 0..<KeyID(truncatingIfNeeded: keys.count) {
                let record = keys[key]
                let source = sources[record.source]
                if keys.find(record.key) != key { return "key \(key) is not found under its own bytes" }
                if record.version > source.covered { return "key \(key): version \(record.version) is not covered" }
                let entries = source.entries
                let position = entries.firstPosition(above: record.version) - 1
                guard position >= 0, entries.version(at: position) == record.version, entries.key(at: position) == key
                else { return "key \(key) is missing from the index of source \(record.source)" }
            }
            let live = keys.records.reduce(0) { $0 + ($1.isDelete ? 0 : 1) }
            if live != keys.liveCount { return "\(live) live keys, counted as \(keys.liveCount)" }
            for id in 0..<SourceID(truncatingIfNeeded: sources.count) {
                if let broken = brokenInvariant(of: sources[id], id) { return broken }
            }
            let over = links.reduce(0) { $0 + ($1.isOverHighWaterMark ? 1 : 0) }
            return over == linksOverMark ? nil : "\(over) links over the mark, counted as \(linksOverMark)"
        }

        private func brokenInvariant(of source: Source, _ id: SourceID) -> String? {
            let entries = source.entries
            if source.covered > version { return "source \(id) is covered beyond the highest version" }
            var live = 0
            for position in 0..<entries.count {
                if position > 0, entries.version(at: position - 1) >= entries.version(at: position) {
                    return "versions of source \(id) do not ascend at \(position)"
                }
                if entries.isLive(position, of: id, keys) { live += 1 }
            }
            if live != entries.liveCount { return "source \(id) has \(live) live, counted as \(entries.liveCount)" }
            if entries.wantsSweep { return "source \(id) has \(entries.count) slots for \(live) live ones" }
            var last: Version = 0
            for record in history.news(of: source, above: 0) {
                if record.source != id || record.version <= last {
                    return "the history of source \(id) is out of order"
                }
                last = record.version
            }
            return nil
        }
    }
#endif
