@testable import ScuttleCore

/// Two ends and the bytes on their way between them: a stream that may break at any byte, or datagrams that are lost, repeated,
/// late and cut.
final class Wire {
    let edge: Plan.Edge
    private(set) var ends: [End] = []
    private var streams: [[UInt8]] = [[], []]
    private var datagrams: [(due: Int, from: Int, isDisturbed: Bool, bytes: [UInt8])] = []
    private var gates = [LineGate(), LineGate()]
    /// Ends whose host has not noticed that the stream is broken.
    private var dead: [End] = []
    var isBlocked = false

    /// The bytes that a stream has carried in both directions.
    private(set) var carried = 0

    /// The disturbance of lines on their way.
    var noise = Noise.none
    /// Whether a line on this link was disturbed.
    var isDisturbed = false

    /// The bytes that arrived over this link, and over the previous one, from each side.
    private(set) var received: [[UInt8]] = [[], []]
    private(set) var receivedEarlier: [[UInt8]] = [[], []]

    init(_ edge: Plan.Edge) {
        self.edge = edge
    }

    var isUp: Bool { !ends.isEmpty }

    func connect(_ replicas: [Replica]) throws(Failure) {
        guard !isUp else { return }
        isDisturbed = false
        carried = 0
        ends = [
            try End(replicas[edge.sides[0]], edge.options[0]), try End(replicas[edge.sides[1]], edge.options[1]),
        ]
    }

    /// Breaks the connection. The bytes on a stream are lost except some; datagrams still arrive, at whichever replica is
    /// there.
    /// - Parameter stopped: the replica that has ended; nil: both are there.
    func cut(_ world: World, stopped: Int? = nil) throws {
        guard isUp else { return }
        for side in [0, 1] where !edge.isDatagram && world.random.oneIn(2) {
            try deliverStream(from: side, world.random.below(streams[side].count + 1), world)
        }
        let keeps = world.plan.faults.keepsDeadLinks && !edge.isDatagram && world.random.oneIn(2)
        for side in [0, 1] {
            if keeps, edge.sides[side] != stopped { dead.append(ends[side]) } else { ends[side].close() }
            world.counts.disturbed += gates[side].disturbed
        }
        ends = []
        streams = [[], []]
        gates = [LineGate(), LineGate()]
        (receivedEarlier, received) = (received, [[], []])
    }

    /// Drops all bytes on their way, because all hosts notice what is broken, or have ended.
    func clear(of stopped: Replica? = nil) {
        for end in dead where stopped == nil || end.replica === stopped { end.close() }
        dead.removeAll { stopped == nil || $0.replica === stopped }
    }

    func dropDatagrams() {
        datagrams = []
    }

    /// Moves the output of a link onto the wire; returns the count of bytes.
    func send(from side: Int, _ world: World, isCalm: Bool = false) throws -> Int {
        guard isUp else { return 0 }
        let capacity = edge.isDatagram ? edge.capacity : world.random.within(1...400)
        let peeks = world.plan.classic != nil && world.random.oneIn(3)
        let bytes = try peeks ? ends[side].peek(upTo: capacity) : ends[side].read(upTo: capacity)
        guard !bytes.isEmpty else { return 0 }
        guard edge.isDatagram else {
            streams[side] += gates[side].pass(bytes, noise, &world.random)
            if gates[side].disturbed > 0 { isDisturbed = true }
            return bytes.count
        }
        if isCalm || !world.random.percent(world.plan.loss) {
            let copies = !isCalm && world.random.percent(world.plan.duplication) ? 2 : 1
            for _ in 0..<copies { post(bytes, from: side, world, isCalm) }
        }
        return bytes.count
    }

    private func post(_ bytes: [UInt8], from side: Int, _ world: World, _ isCalm: Bool) {
        let delay = isCalm ? 0 : world.random.within(1...world.plan.delay)
        let isCut = !isCalm && world.plan.loss > 0 && world.random.oneIn(25)
        var gate = LineGate()
        var passed = gate.pass(bytes, noise, &world.random)
        passed += gate.drain()
        world.counts.disturbed += gate.disturbed
        datagrams.append((world.now + delay, side, gate.disturbed > 0, isCut ? cut(passed, world) : passed))
    }

    /// Returns the beginning of a datagram, half of the time up to the end of a line, so that no line of it is bad.
    private func cut(_ bytes: [UInt8], _ world: World) -> [UInt8] {
        let end = world.random.below(bytes.count + 1)
        guard world.random.oneIn(2), let newline = bytes[..<end].lastIndex(of: 0x0a) else {
            return Array(bytes[..<end])
        }
        return Array(bytes[...newline])
    }

    /// Delivers the bytes that are due; returns their count.
    func deliver(from side: Int, _ count: Int, _ world: World) throws -> Int {
        guard isUp else { return 0 }
        guard edge.isDatagram else { return try deliverStream(from: side, count, world) }
        var arrived = 0
        while let index = datagrams.firstIndex(where: { $0.from == side && $0.due <= world.now }),
            arrived < max(count, 1)
        {
            let datagram = datagrams.remove(at: index)
            arrived += max(datagram.bytes.count, 1)
            if datagram.isDisturbed { isDisturbed = true }
            try receive(datagram.bytes, from: side, world)
        }
        return arrived
    }

    @discardableResult
    private func deliverStream(from side: Int, _ count: Int, _ world: World) throws -> Int {
        let bytes = Array(streams[side].prefix(count))
        guard !bytes.isEmpty else { return 0 }
        streams[side].removeFirst(bytes.count)
        carried += bytes.count
        try receive(bytes, from: side, world)
        return bytes.count
    }

    private func receive(_ bytes: [UInt8], from side: Int, _ world: World) throws {
        if world.plan.faults.hasIntruder || world.plan.faults.replaysLinks, received[side].count < 20_000 {
            received[side] += bytes
            // A datagram that was cut still ends its line.
            if edge.isDatagram, bytes.last != 0x0a { received[side].append(0x0a) }
        }
        try world.arrive(bytes, at: ends[1 - side], on: self, from: edge.sides[side])
    }
}
