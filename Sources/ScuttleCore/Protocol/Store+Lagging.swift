/// A replica that lags behind a peer: the peer has forgotten tombstones that this replica has not seen.
extension Store {
    /// Whether this replica lags behind a peer.
    func mustRepublish(against peer: PeerState) -> Bool {
        peer.highestPurged > 0 && peer.isAhead(of: self)
            && !configuration.disabledRules.contains(.republish)
    }

    /// Republishes what a peer that is ahead has not covered, and what a tombstone that it has forgotten might have beaten:
    /// others may have covered it with that tombstone. This replica lags behind the peer. O(entries).
    func republish(against peer: PeerState) {
        var stale: [KeyID] = []
        keys.forEach { key, record in
            if record.version <= peer.highestPurged, record.version > peer.covered(record.source, in: self) {
                stale.append(key)
            }
            return true
        }
        // A new dot has to be above the tombstones that the peer has forgotten: others may still hold them.
        if !stale.isEmpty { version = max(version, peer.highestPurged) }
        for key in stale {
            guard mayWrite, let record = keys[key] else { continue }
            republish(key, record)
        }
    }
}
