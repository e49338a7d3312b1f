/// The questions and notices of a store to those who carry its updates to peers, and to its host. Each has an answer for a store that
/// nobody carries anywhere; `LinkedStore` and `Replica` override them.
///
/// A store calls them in the midst of its work. They may read all of the store, and change only what their comments name.
public class StoreObserver {
    // MARK: What others refer to

    /// Whether somebody refers to a source by its number in a way that no longer holds once it is known by its hash alone: it does not
    /// shrink then, and is not asked about again until it becomes idle once more. O(links and remembered peers).
    func refers(to source: SourceID) -> Bool { false }

    /// A source shrinks: its number names nothing when the store's call is over, and may be given away then. It still stands in the
    /// table.
    /// - Parameter isKept: its entry is the last one of `retired`; otherwise it has been dropped at once.
    func sourceShrinks(_ source: SourceID, to entry: RetiredTable.Entry, isKept: Bool) {}

    /// A retired source has its number and its place in the table again; its entry stood at a position of `retired`.
    func sourceReturns(_ source: SourceID, from entry: RetiredTable.Entry, at position: Int) {}

    /// A number has been given to a source that was not known in full. The observer may set its `isLinked`.
    func sourceAppears(_ source: SourceID) {}

    /// The oldest base of the version vector on which somebody relies, `max` if nobody does; and how many links there are that may rely
    /// on some. What the vector was before that base is forgotten. O(links and remembered peers).
    func basesInUse() -> (oldest: UInt64, links: Int) { (.max, 0) }

    /// What the vector was before a base is about to be forgotten: nobody may rely on it when this returns. The observer may rely on
    /// the vector as it is.
    func leaveBases(before base: UInt64) {}

    // MARK: What holds a purge back

    /// How far a walk in the order of arrival has come, `max` if there is none of that number. Numbers of walks are good for one call,
    /// and a guess afterwards.
    func position(ofWalk walk: Int) -> Arrivals.Stamp { .max }

    /// The position of the walk that is the least far, and its number; `max` if there is no walk. A tombstone behind the position would be
    /// missed by the walk if it were purged. O(links).
    func leastWalk() -> (position: Arrivals.Stamp, walk: Int) { (.max, 0) }

    /// Says of an update whether a peer has refused it; nil if no peer has refused anything. Good while the purge that has asked for it
    /// runs. O(links).
    func refusalsOfPeers() -> ((Record) -> Bool)? { nil }

    // MARK: What has changed

    /// The history has reached `historyMark`. The observer sets a higher one.
    func historyReachesMark() {}

    /// What was written of the history for many to borrow is out of date: a part of it is no entry any more, a source that it names
    /// shrinks, or its memory is wanted. The observer sets `earliestShared` to the arrival of the first entry in what it writes next,
    /// or to `max`.
    func forgetShared() {}

    /// An exception ahead of the vector is forgotten before its update has come: what has come of deltas that named it counts no more.
    func exceptionIsLost(_ dot: Dot) {}

    /// Refused updates are wanted from now on: what was left out of deltas on their way counts no more, and classic peers are asked
    /// for all they have.
    func refusalsAreLifted() {}

    /// Memory is wanted for an update of the host's: updates that wait for their cover are let go. Their peers send them again.
    func losePending() {}

    // MARK: The host's store

    /// Writes the rows of a local write to the host's store, before it is made.
    /// - Throws: `.store`; the write is not made then.
    func storeFirst(_ key: Bytes, _ value: Bytes, _ kind: Update.Kind, _ lease: Lease?) throws(Failure) {}

    #if DEBUG
        /// What must hold between any two calls of what stands beside the store: the first thing that does not, in words.
        func brokenReference() -> String? { nil }
    #endif
}
