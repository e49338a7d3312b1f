/// The faults of a world, besides links that break and datagrams that are lost.
struct Faults {
    /// The count of strangers: replicas that begin late, empty or from an old save of any replica.
    var joins = 0
    /// The count of replicas that are started under the name of a live one.
    var twins = 0
    /// Whether hosts start from a save of any age, cut anywhere, or empty.
    var losesState = false
    /// Whether hosts ignore short writes: whole lines of streams are lost, repeated or swapped.
    var losesLines = false
    /// Whether an intruder writes deltas into links that did not request them.
    var hasIntruder = false
    /// Whether an intruder writes the bytes of an earlier link into the link that follows it.
    var replaysLinks = false
    /// Whether hosts keep their end of a broken stream open.
    var keepsDeadLinks = false
    /// Whether hosts retire names: of replicas that have ended, that are away, that are present, and their own.
    var retiresNames = false
    /// The steps after which a replica retires a name from which it has received nothing; 0: never.
    var retireAfter: UInt64 = 0
    /// Whether some replicas keep few retired sources.
    var keepsFewRetired = false

    /// Creates a plan without faults.
    init() {}

    /// Chooses the faults of a world with a man in the middle.
    init(ofMiddle random: inout Random) {
        losesState = random.oneIn(4)
        keepsDeadLinks = random.oneIn(6)
        retireNames(&random)
    }

    private mutating func retireNames(_ random: inout Random) {
        retiresNames = random.oneIn(4)
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
