internal import CScuttle
internal import ScuttleC

/// The figures of a replica: see ``Replica/statistics``. Gauges are of the moment of the call. Counters begin with 0 when the
/// replica is made, and grow.
public struct Statistics: Hashable, Sendable {
    /// Gauge: keys that hold a value.
    public let keys: UInt64
    /// Gauge: deleted keys whose tombstone is not purged.
    public let tombstones: UInt64
    /// Gauge: bytes of memory, as `max_bytes` counts them.
    public let bytes: UInt64
    /// Gauge: updates in the history.
    public let history: UInt64
    /// Gauge: sources that are not retired, this replica's own included.
    public let sources: UInt64
    /// Gauge: retired sources.
    public let retired: UInt64
    /// Gauge: updates that are refused or missing here.
    public let exceptions: UInt64
    /// Gauge: entries that the version vector does not cover, because updates before them are on their way.
    public let outOfOrder: UInt64
    /// Gauge: open links, with those that have ended and are not closed.
    public let links: UInt64
    /// Gauge: links that are in step.
    public let linksInStep: UInt64
    /// Gauge: full links.
    public let linksFull: UInt64
    /// Counter: keys that were set.
    public let sets: UInt64
    /// Counter: deletes.
    public let deletes: UInt64
    /// Counter: keys that this replica has deleted at the end of a time to live.
    public let expired: UInt64
    /// Counter: updates that this replica has republished.
    public let republished: UInt64
    /// Counter: tombstones that this replica has purged.
    public let purged: UInt64
    /// Counter: resets of peers that were applied.
    public let resets: UInt64
    /// Counter: entries that those resets have removed.
    public let removed: UInt64
    /// Counter: readable updates: the sum of the next four.
    public let received: UInt64
    /// Counter: updates that have become the entry of their key.
    public let applied: UInt64
    /// Counter: updates that have lost to the entry of their key.
    public let superseded: UInt64
    /// Counter: updates that were known, as entries, in the version vector or as refused ones.
    public let repeated: UInt64
    /// Counter: updates that a limit or `accept` has refused, each once.
    public let refused: UInt64
    /// Counter: messages that were rejected with an error, refused updates included.
    public let rejected: UInt64
    /// Counter: updates that peers have refused, or that fit no datagram.
    public let refusedByPeers: UInt64
    /// Counter: equivocations, whichever content stands.
    public let corrupt: UInt64
    /// Counter: differences of contents while the version vectors are equal.
    public let diverged: UInt64
    /// Counter: reports of twins.
    public let twins: UInt64
    /// Counter: gossips: ``Replica/gossip()`` counts one for each link.
    public let gossips: UInt64
    /// Counter: version vectors that were sent as requests; classic gossips; requests for contents.
    public let requests: UInt64
    /// Counter: log deltas that were begun for a request: updates of the history.
    public let deltasLog: UInt64
    /// Counter: state deltas likewise: entries that the peer lacks.
    public let deltasState: UInt64
    /// Counter: reset deltas: all entries, for a peer that may have missed a purged delete.
    public let deltasReset: UInt64
    /// Counter: early deltas: updates of a replica that needs a reset itself.
    public let deltasEarly: UInt64
    /// Counter: contents deltas: all entries, because contents differ.
    public let deltasContents: UInt64
    /// Counter: times that a link has become full.
    public let full: UInt64
    /// Counter: links that were opened.
    public let linksOpened: UInt64
    /// Counter: links that have ended with an error.
    public let linksEnded: UInt64
    /// Counter: bytes that peers have sent, over all links, closed ones included.
    public let bytesIn: UInt64
    /// Counter: bytes that were sent to peers.
    public let bytesOut: UInt64
    /// Counter: whole lines that peers have sent.
    public let messagesIn: UInt64
    /// Counter: whole lines that were sent to peers.
    public let messagesOut: UInt64

    init(_ view: scuttle_stats_t) {
        keys = view.keys
        tombstones = view.tombstones
        bytes = view.bytes
        history = view.history
        sources = view.sources
        retired = view.retired
        exceptions = view.exceptions
        outOfOrder = view.out_of_order
        links = view.links
        linksInStep = view.links_in_step
        linksFull = view.links_full
        sets = view.sets
        deletes = view.deletes
        expired = view.expired
        republished = view.republished
        purged = view.purged
        resets = view.resets
        removed = view.removed
        received = view.received
        applied = view.applied
        superseded = view.superseded
        repeated = view.repeated
        refused = view.refused
        rejected = view.rejected
        refusedByPeers = view.refused_by_peers
        corrupt = view.corrupt
        diverged = view.diverged
        twins = view.twins
        gossips = view.gossips
        requests = view.requests
        deltasLog = view.deltas_log
        deltasState = view.deltas_state
        deltasReset = view.deltas_reset
        deltasEarly = view.deltas_early
        deltasContents = view.deltas_contents
        full = view.full
        linksOpened = view.links_opened
        linksEnded = view.links_ended
        bytesIn = view.bytes_in
        bytesOut = view.bytes_out
        messagesIn = view.messages_in
        messagesOut = view.messages_out
    }
}

extension Replica {
    /// The figures of this moment. Readable in callbacks.
    ///
    /// - Complexity: O(links).
    public var statistics: Statistics {
        get throws(ScuttleError) {
            var view = scuttle_stats_t()
            view.struct_size = MemoryLayout<scuttle_stats_t>.size
            _ = try code { scuttle_stats($0, &view) }
            return Statistics(view)
        }
    }

    /// Returns the number of peers on open links that are known to have this replica's writes up to a version. Readable in callbacks.
    ///
    /// Only what a peer has stated counts, so gossip after the write, and exchange what the links send, before this call. Two links to
    /// one name count once. A classic peer confirms nothing.
    ///
    /// - Parameter version: ``version`` behind the write; by default all writes so far.
    /// - Complexity: O(links).
    public func confirmedPeers(upTo version: UInt64 = .max) throws(ScuttleError) -> Int {
        var links = 0
        _ = try code { scuttle_confirmed($0, version, &links) }
        return links
    }
}
