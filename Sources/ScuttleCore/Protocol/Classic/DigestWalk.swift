/// A walk over all sources in random order, for the digests of a gossip. It stores its position alone.
///
/// It begins at a random source and proceeds by a random stride that shares no divisor with the number of sources, so
/// it visits each source once. If links break early, over many gossips every source has its turn. A source that appears
/// during the walk has its turn in the next gossip.
struct DigestWalk {
    private var position: Int
    private let stride: Int
    private let count: Int
    private var left: Int

    init(over count: Int, _ random: inout RandomSource) {
        self.count = count
        left = count
        position = count > 0 ? random.next(below: count) : 0
        var stride = 1 + random.next(below: max(count - 1, 1))
        while count > 1, Self.greatestCommonDivisor(stride, count) != 1 { stride = stride % count + 1 }
        self.stride = stride
    }

    /// The number of pending digests, and the `done` behind them.
    var messagesLeft: Int { left + 1 }

    mutating func next() -> SourceID? {
        guard left > 0 else { return nil }
        left -= 1
        defer { position = (position + stride) % count }
        return SourceID(truncatingIfNeeded: position)
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
