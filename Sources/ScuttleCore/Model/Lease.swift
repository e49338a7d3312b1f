/// The time to live of an update.
struct Lease: Equatable {
    /// The length in the host's milliseconds.
    let timeToLive: UInt64
    /// The start, by `LeaseClock.time`.
    var begin: UInt64
    /// Whether this replica renews the time before it is over: see `Store+Renewing`.
    var isRenewed = false

    /// The flag of a host's time to live for a renewal: `SCUTTLE_TTL_RENEW`.
    static var renewal: UInt64 { 1 << 63 }

    /// The time at which the renewal is due: half of the time to live, and not at once.
    var renewalTime: UInt64 { begin + max(timeToLive / 2, 1) }

    /// Returns the part that has passed, as messages state it.
    func age(at time: UInt64) -> UInt64 {
        min(time - begin, LeaseClock.longest)
    }
}

/// The time by which a replica counts times to live: the sum of the differences between its host's ticks.
///
/// Only differences count, so replicas may tick by different clocks. The time stands still before the first tick.
struct LeaseClock {
    /// The latest tick, which never decreases; nil before the first.
    private(set) var hostTime: UInt64?
    /// Whether `hostTime` comes from a save, so the host's clock may have started anew since.
    private var isSaved = false
    /// The time. It starts at a value from which the greatest age can be subtracted.
    private(set) var time = LeaseClock.longest

    /// The limit of times to live and of ages in messages: 285,000 years.
    static var longest: UInt64 { .highest }
    /// The greatest time: sums with a time to live stay below 2^64. A lease that ends later never ends.
    private static var last: UInt64 { 1 << 62 }

    /// Whether the replica has had a tick.
    var hasTicked: Bool { hostTime != nil && !isSaved }

    /// Advances to a tick, and returns the difference to the previous one; 0 for the first.
    mutating func advance(to tick: UInt64) -> UInt64 {
        let before = hostTime ?? tick
        let elapsed = tick > before ? tick - before : 0
        hostTime = isSaved ? tick : max(before, tick)
        isSaved = false
        time = min(time + min(elapsed, Self.last), Self.last)
        return elapsed
    }

    /// Continues from the latest tick of the previous incarnation, if the first tick is not below it. If a later piece of a save
    /// has a later tick, the time between has passed.
    mutating func goOn(from saved: UInt64) {
        if let hostTime, saved > hostTime { time = min(time + min(saved - hostTime, Self.last), Self.last) }
        hostTime = saved
        isSaved = true
    }

    /// Creates a lease of which `age` has passed elsewhere.
    func lease(for timeToLive: UInt64, age: UInt64 = 0) -> Lease {
        Lease(timeToLive: timeToLive, begin: time - min(age, Self.longest))
    }
}
