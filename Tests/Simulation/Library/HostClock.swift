/// A host's clock. It starts at any time, runs at its own speed, jumps, and may stop ticking, as if the host's loop hangs.
struct HostClock {
    private(set) var time: UInt64
    private let speed: UInt64
    let stopsAt: Int

    init(steps: Int, _ random: inout Random) {
        time = random.pick([0, 1, 1_700_000_000_000, UInt64(random.below(1000))])
        speed = UInt64(random.within(1...5))
        stopsAt = random.oneIn(3) ? random.below(steps) : .max
    }

    /// Advances by some steps and returns the time.
    mutating func pass(_ steps: Int, _ random: inout Random) -> UInt64 {
        time += UInt64(steps) * speed
        if random.oneIn(15) { time += UInt64(random.within(1...100)) }
        // A tick that goes back counts as the previous tick.
        return random.oneIn(15) ? time / 2 : time
    }

    /// Starts again, below the saved time if `anew` is set.
    mutating func begin(anew: Bool) {
        if anew { time = 0 }
    }

    mutating func jump(by milliseconds: UInt64) -> UInt64 {
        time += milliseconds
        return time
    }
}

/// The times to live of a world.
struct Leases {
    /// A generator of its own, so that worlds without times to live keep their histories.
    var random: Random
    var clocks: [HostClock] = []
    var lastTick: [Int] = []
    /// The leases by the index of the write.
    var all: [Int: Lease] = [:]
    /// The sum of the differences of all ticks: no copy of a write can be older.
    var elapsed: UInt64 = 0

    struct Lease {
        let timeToLive: UInt64
        let begin: UInt64
        /// The index of the expiry, once there is one.
        var expiry: Int?
    }

    init(seed: UInt64) {
        random = Random(seed: seed ^ 0x6c65_6173_6573)
    }

    static var maxTimeToLive: Int { 200 }
}
