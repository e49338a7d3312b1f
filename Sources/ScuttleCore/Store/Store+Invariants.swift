#if DEBUG
    /// The invariants that hold between any two calls, for tests. Not in the library.
    extension Store {
        func brokenInvariant() -> String? {
            var broken: String?
            var hash = VectorHash()
            var expected = ContentHash()
            var (live, tombstones, outOfOrder, leases) = (0, 0, 0, 0)
            keys.forEach { key, record in
                if record.isDelete { tombstones += 1 } else { live += 1 }
                if record.lease != nil { leases += 1 }
                let source = sources[record.source]
                if !record.isDelete, record.arrival <= hashedArrival {
                    expected.add(record, sources[record.timestamp.source].mark)
                }
                if record.version > source.covered {
                    outOfOrder += 1
                    hash.addOutOfOrder(source, record.version)
                }
                broken = brokenEntry(record, key, source)
                return broken == nil
            }
            if let broken { return broken }
            if live != keys.liveCount { return "\(live) live keys, counted as \(keys.liveCount)" }
            if tombstones != keys.tombstoneCount {
                return "\(tombstones) tombstones, counted as \(keys.tombstoneCount)"
            }
            var counting: Set<KeyID> = []
            for item in expiries.items where isCurrent(item) && keys[item.key]?.lease != nil {
                counting.insert(item.key)
            }
            if counting.count != leases && expires { return "\(leases) times to live, \(counting.count) counted" }
            if outOfOrder != outOfOrderCount {
                return "\(outOfOrder) entries out of order, counted as \(outOfOrderCount)"
            }
            if arrivals.liveCount != live + tombstones { return "\(arrivals.liveCount) live arrivals" }
            for position in 0..<retired.count where !retired[position].isHole {
                let entry = retired[position]
                hash.addRetired(entry.low, entry.version)
                if sources.find(entry.hash) != nil { return "a retired source stands in the table, too" }
                if retired.find(entry.hash) != position { return "a retired source is not found" }
                if entry.version <= retired.floor { return "a retired source is at or below the floor" }
            }
            var outOfOrderByName: [NameID: Int] = [:]
            for id in sources.ids where sources[id].index != .max {
                if sources[id].index != id { return "source \(id) has index \(sources[id].index)" }
                if sources.names[sources[id].name].sources == 0 { return "source \(id) has no name" }
                hash.change(sources[id], from: 0, to: sources[id].covered)
                outOfOrderByName[sources[id].name, default: 0] += sources[id].outOfOrderCount
                if let broken = brokenInvariant(of: sources[id], id) { return broken }
            }
            for (name, outOfOrder) in outOfOrderByName where Int(sources.names[name].outOfOrder) != outOfOrder {
                return "name \(name) has \(outOfOrder) out of order, counted as \(sources.names[name].outOfOrder)"
            }
            if let broken = brokenException() { return broken }
            if expected != contents { return "the hash of the contents is not that of the entries" }
            if hash != dotHash { return "the hash of the vector is not that of its sources" }
            return brokenReference()
        }

        private func brokenException() -> String? {
            guard let refused else { return nil }
            let table = RefusedTable()
            for position in 0..<refused.count {
                let entry = refused[position]
                let source = sources[entry.dot.source]
                if self.entry(of: entry.dot) != nil {
                    return "an exception is an entry: \(entry.dot.version) of a source"
                }
                if refused.find(entry.dot) != position { return "an exception is not found" }
                table.count(entry.dot, entry.reason, in: source, 1)
            }
            if refused.count == 0 { return "a table of exceptions is empty" }
            return table.hash == refused.hash && table.coveredCount == refused.coveredCount
                ? nil : "the hash of the exceptions is not theirs"
        }

        private func brokenEntry(_ record: Record, _ key: KeyID, _ source: Source) -> String? {
            if keys.find(record.key) != key { return "key \(key) is not found under its own bytes" }
            if !record.isEntry { return "the entry of key \(key) is not marked as one" }
            if record.version > version { return "key \(key): version \(record.version) is above the highest" }
            if source.entries.key(with: record.version, of: record.source, keys) != key {
                return "key \(key) is missing from the index of source \(record.source)"
            }
            var arrived: Record?
            arrivals.forEach(after: record.arrival - 1, in: keys) {
                arrived = $0
                return false
            }
            if arrived?.arrival != record.arrival { return "key \(key) is missing from the arrivals" }
            let isListed = (tombstones.items + waiting.walks.items + waiting.refused.items).contains {
                $0.key == key && $0.version == record.version
            }
            let isToList = record.isDelete && record.version <= source.covered
            return isToList && !isListed ? "tombstone \(key) is not listed as one" : nil
        }

        private func brokenInvariant(of source: Source, _ id: SourceID) -> String? {
            if source.covered > version { return "source \(id) is covered beyond the highest version" }
            if source.floor > source.reach || source.reach > source.covered {
                return "source \(id): floor, reach, covered"
            }
            if source.purged > source.covered { return "source \(id): more is purged than covered" }
            if source.purged > highestPurged { return "source \(id): purged beyond the highest" }
            var (live, outOfOrder) = (0, 0)
            var last: Version = 0
            var ascends = true
            source.entries.forEachLive(above: 0, upTo: .max, of: id, keys) { _, version in
                if version <= last { ascends = false }
                last = version
                live += 1
                if version > source.covered { outOfOrder += 1 }
            }
            if !ascends { return "versions of source \(id) do not ascend" }
            if live != source.entries.liveCount {
                return "source \(id) has \(live) live, counted as \(source.entries.liveCount)"
            }
            if outOfOrder != source.outOfOrderCount {
                return "source \(id) has \(outOfOrder) out of order, counted as \(source.outOfOrderCount)"
            }
            if source.entries.count > 2 * live + 32 {
                return "source \(id) has \(source.entries.count) slots for \(live) live ones"
            }
            return brokenHistory(of: source, id)
        }

        /// Checks that the history has each live entry above the floor, in order of version.
        private func brokenHistory(of source: Source, _ id: SourceID) -> String? {
            var last: Version = 0
            var found: [Version] = []
            for record in history.updates(of: source, above: 0) {
                if record.source != id || record.version <= last || record.version > source.reach {
                    return "the history of source \(id) is out of order"
                }
                last = record.version
                found.append(last)
            }
            var missing: Version?
            source.entries.forEachLive(above: source.floor, upTo: source.covered, of: id, keys) { _, version in
                if !found.contains(version) { missing = version }
            }
            return missing.map {
                "version \($0) of source \(id) is live, covered, above the floor and not in the history"
            }
        }
    }
#endif
