/// A host's clock: it begins anywhere, runs at a speed of its own, jumps, and at some time ticks no more, as that of a host
/// whose loop hangs.
struct HostClock {
    private(set) var time: UInt64
    private let speed: UInt64
    let stopsAt: Int

    init(steps: Int, _ random: inout Random) {
        time = random.pick([0, 1, 1_700_000_000_000, UInt64(random.below(1000))])
        speed = UInt64(random.within(1...5))
        stopsAt = random.oneIn(3) ? random.below(steps) : .max
    }

    /// Some steps later.
    mutating func pass(_ steps: Int, _ random: inout Random) -> UInt64 {
        time += UInt64(steps) * speed
        if random.oneIn(15) { time += UInt64(random.within(1...100)) }
        // A tick that goes back counts as the one before.
        return random.oneIn(15) ? time / 2 : time
    }

    /// After a start it may begin anew, below what was saved.
    mutating func begin(anew: Bool) {
        if anew { time = 0 }
    }

    mutating func jump(by milliseconds: UInt64) -> UInt64 {
        time += milliseconds
        return time
    }
}

/// What a world with times to live has beside its hosts.
struct Leases {
    /// Apart from those of the world, so that worlds without them stay what they were.
    var random: Random
    var clocks: [HostClock] = []
    var lastTick: [Int] = []
    /// By the number of the write.
    var all: [Int: Lease] = [:]
    /// The sum of what all ticks have risen by: no copy of a write can be older.
    var elapsed: UInt64 = 0

    struct Lease {
        let timeToLive: UInt64
        let begin: UInt64
        /// The number of its expiry, once there is one.
        var expiry: Int?
    }

    init(seed: UInt64) {
        random = Random(seed: seed ^ 0x6c65_6173_6573)
    }

    static var longest: Int { 200 }
}
