/// What goes wrong in a world besides links that break and datagrams that are lost.
struct Faults {
    /// Strangers: replicas that begin late, from nothing or from an old save of any replica.
    var joins = 0
    /// Replicas that are started under the name of a live one.
    var twins = 0
    /// A host starts from a save of any age, cut anywhere, or from nothing.
    var losesState = false
    /// A host ignores short writes: whole lines of its streams are lost, repeated or swapped.
    var losesLines = false
    /// An intruder writes deltas into links that did not ask for them.
    var hasIntruder = false
    /// An intruder writes all that an earlier link carried into the link that follows it.
    var replaysLinks = false
    /// A host does not notice that a stream has broken, and keeps its end open.
    var keepsDeadLinks = false
    /// Hosts forget names: of replicas that have ended, that are away, that are there, and their own.
    var forgetsNames = false
    /// Replicas retire by themselves a name that they have not heard for so many steps; 0: they do not.
    var retireAfter: UInt64 = 0
    /// Some replicas keep few retired sources.
    var keepsFewRetired = false

    /// Nothing but that.
    init() {}

    /// Beside a man in the middle.
    init(ofMiddle random: inout Random) {
        losesState = random.oneIn(4)
        keepsDeadLinks = random.oneIn(6)
        retireNames(&random)
    }

    private mutating func retireNames(_ random: inout Random) {
        forgetsNames = random.oneIn(4)
        retireAfter = random.oneIn(6) ? random.pick([40, 100, 200]) : 0
    }

    /// - Parameter isSettled: all replicas have met before the first write, and none may be a stranger.
    init(isSettled: Bool, _ random: inout Random) {
        losesLines = random.oneIn(4)
        hasIntruder = random.oneIn(4)
        replaysLinks = random.oneIn(8)
        keepsDeadLinks = random.oneIn(6)
        retireNames(&random)
        keepsFewRetired = random.oneIn(6)
        guard !isSettled else { return }
        losesState = random.oneIn(2)
        joins = random.below(3)
        twins = random.oneIn(4) ? random.within(1...2) : 0
    }
}
