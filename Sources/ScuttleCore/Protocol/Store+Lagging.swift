/// A replica that lags behind a peer: the peer has purged tombstones that this replica has not received.
extension Store {
    /// Whether this replica lags behind a peer, or an exception of its own may be a tombstone that the peer has purged.
    func mustRepublish(against peer: PeerState) -> Bool {
        peer.highestPurged > 0 && (peer.isAhead(of: self) || hasException(purgedBy: peer))
            && !configuration.disabledRules.contains(.republish)
    }

    /// Whether an exception may be a tombstone that a peer has purged. O(exceptions).
    @inline(never)
    private func hasException(purgedBy peer: PeerState) -> Bool {
        guard let refused else { return false }
        return (0..<refused.count).contains { position in
            let entry = refused[position]
            return (entry.reason == 0 || entry.write.isDelete) && entry.dot.version <= peer.purged(entry.dot.source)
        }
    }

    /// Republishes each entry that a peer has not covered and that a tombstone which the peer has purged may have beaten: other
    /// replicas may have covered the entry's dot together with that tombstone. O(entries).
    func republish(against peer: PeerState) {
        var stale: [KeyID] = []
        keys.forEach { key, record in
            if record.version <= peer.highestPurged, record.version > peer.covered(record.source, in: self) {
                stale.append(key)
            }
            return true
        }
        // A new dot has to be above the purged tombstones, because other replicas may hold them still.
        if !stale.isEmpty { version = max(version, peer.highestPurged) }
        for key in stale {
            guard mayWrite, let record = keys[key] else { continue }
            republish(key, record)
        }
    }
}
