extension Replica {
    /// Lends the counters since the start, and the gauges as they are now. O(links).
    public func withStatistics(_ body: (Bytes) throws(Failure) -> Void) throws(Failure) {
        note(&counters.keys, keys.liveCount)
        note(&counters.tombstones, keys.tombstoneCount)
        note(&counters.bytes, heldBytes)
        note(&counters.history, history.count)
        note(&counters.sources, sources.liveCount)
        note(&counters.retired, retired.liveCount)
        note(&counters.exceptions, refused?.count ?? 0)
        note(&counters.outOfOrder, outOfOrderCount)
        note(&counters.links, linkTable.links.count)
        note(&counters.linksFull, linkTable.fullLinks)
        counters.linksInStep = 0
        counters.traffic = closedTraffic
        for index in linkTable.links.indices {
            linkTable.links.with(index) { link in
                if link.extendedReference?._withUnsafeGuaranteedRef({ $0.isInStep }) ?? false {
                    counters.linksInStep &+= 1
                }
                counters.traffic.add(link.traffic)
            }
        }
        counters.received = counters.applied &+ counters.superseded &+ counters.repeated &+ counters.refused
        try withUnsafeBytes(of: &counters, body)
    }

    @inline(__always)
    private func note(_ gauge: inout UInt64, _ count: Int) { gauge = UInt64(truncatingIfNeeded: count) }
}
