/// A link's way through all sources to send a digest for each, in random order, with nothing stored but where it is.
///
/// From a random start it goes on by a random stride that shares no divisor with the number of sources, and so meets each
/// once. The random order matters where links break off early: over many tries every source gets its turn. Sources that are
/// new meanwhile wait for the next gossip.
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

    /// The digests still to come, and the "done" that ends them.
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
