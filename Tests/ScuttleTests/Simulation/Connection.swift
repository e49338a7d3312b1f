@testable import ScuttleCore

/// Two ends, and the bytes that are on their way between them: in order, and none lost, while the connection lives.
final class Connection {
    /// The replicas that it joins, by number.
    let sides: [Int]
    private var ends: [LinkEnd] = []
    /// What was sent by each side and has not arrived.
    private var underway: [[UInt8]] = [[], []]
    /// A peer that seldom takes what it is sent.
    let isSlow: Bool

    init(_ sides: (Int, Int), isSlow: Bool) {
        self.sides = [sides.0, sides.1]
        self.isSlow = isSlow
    }

    var isUp: Bool { !ends.isEmpty }

    func connect(_ replicas: [Replica]) throws {
        guard !isUp else { return }
        ends = try sides.map { try LinkEnd(replicas[$0], .classic) }
    }

    /// Breaks off at any byte: of what is underway some still arrives.
    func cut(_ random: inout TestRandom) throws {
        guard isUp else { return }
        for side in [0, 1] where random.oneIn(2) {
            try deliver(from: side, random.below(underway[side].count + 1))
        }
        for end in ends { end.close() }
        ends = []
        underway = [[], []]
    }

    func gossip(_ side: Int) {
        guard isUp else { return }
        ends[side].link.gossip()
    }

    /// Moves some bytes from a link onto the wire, by reading or by peeking; returns how many.
    @discardableResult
    func send(from side: Int, upTo count: Int, peeking: Bool = false) throws -> Int {
        guard isUp else { return 0 }
        var bytes: [UInt8]
        if peeking {
            bytes = ends[side].peek(most: 1 + count % 5).flatMap { $0 }
            bytes.removeLast(max(bytes.count - count, 0))
            try ends[side].consume(bytes.count)
        } else {
            bytes = ends[side].read(upTo: count)
        }
        underway[side] += bytes
        return bytes.count
    }

    /// Lets bytes arrive at the other side; returns how many.
    @discardableResult
    func deliver(from side: Int, _ count: Int) throws -> Int {
        guard isUp else { return 0 }
        let arriving = Array(underway[side].prefix(count))
        underway[side].removeFirst(arriving.count)
        if let code = ends[1 - side].write(arriving) {
            throw SimulationFailure("replica \(sides[1 - side]) refuses with \(code): \(arriving.text)")
        }
        return arriving.count
    }
}

struct SimulationFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
