/// A time to live, as it stands with an update.
struct Lease: Equatable {
    /// In the host's milliseconds.
    let timeToLive: UInt64
    /// When it began, by `LeaseClock.time`.
    var begin: UInt64

    /// How much of it is over, as a message says it.
    func age(at time: UInt64) -> UInt64 {
        min(time - begin, LeaseClock.longest)
    }
}

/// The time by which a replica counts times to live: the sum of what its host's ticks have risen by.
///
/// The host's numbers mean nothing beyond that, so replicas may tick by different clocks. Before the first tick it stands.
struct LeaseClock {
    /// The latest tick, which does not go back; nil before the first.
    private(set) var hostTime: UInt64?
    /// Whether `hostTime` was saved by the last incarnation, and may be of a clock that has started anew.
    private var isSaved = false
    /// It begins so high that the greatest age can be subtracted.
    private(set) var time = LeaseClock.longest

    /// Times to live, and ages in messages, are at most so long: 285,000 years.
    static var longest: UInt64 { .highest }
    /// Sums with a time to live stay below 2^64. What would end later never does.
    private static var last: UInt64 { 1 << 62 }

    /// Whether there has been a tick.
    var hasTicked: Bool { hostTime != nil && !isSaved }

    /// Returns how much a tick has risen; 0 for the first.
    mutating func advance(to tick: UInt64) -> UInt64 {
        let before = hostTime ?? tick
        let elapsed = tick > before ? tick - before : 0
        hostTime = isSaved ? tick : max(before, tick)
        isSaved = false
        time = min(time + min(elapsed, Self.last), Self.last)
        return elapsed
    }

    /// Goes on from the latest tick of the last incarnation, if the first one is not below it.
    mutating func goOn(from saved: UInt64) {
        hostTime = saved
        isSaved = true
    }

    /// A lease that has counted for so long elsewhere.
    func lease(for timeToLive: UInt64, age: UInt64 = 0) -> Lease {
        Lease(timeToLive: timeToLive, begin: time - min(age, Self.longest))
    }
}
