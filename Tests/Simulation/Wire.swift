import ScuttleJSON

@testable import Scuttle

/// One end of a conversation: a link and its parser.
final class End {
    let replica: Replica
    let link: Link
    private var input: LinkInput

    init(_ replica: Replica, _ options: Link.Options) throws(Failure) {
        self.replica = replica
        link = try replica.openLink(options)
        input = LinkInput(limits: replica.configuration.limits)
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        try bytes.lend { (bytes) throws(Failure) in try input.receive(bytes, on: link) }
    }

    func read(upTo capacity: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: capacity)
        let count = try bytes.lendToFill { (buffer) throws(Failure) in try link.read(into: buffer) }
        return Array(bytes[..<count])
    }
}

/// Two ends and what is on its way between them: a stream that may break at any byte, or datagrams that are lost, repeated,
/// late and cut short.
final class Wire {
    let edge: Plan.Edge
    private(set) var ends: [End] = []
    private var streams: [[UInt8]] = [[], []]
    private var datagrams: [(due: Int, from: Int, bytes: [UInt8])] = []
    var isBlocked = false

    init(_ edge: Plan.Edge) {
        self.edge = edge
    }

    var isUp: Bool { !ends.isEmpty }

    func connect(_ replicas: [Replica]) throws(Failure) {
        guard !isUp else { return }
        ends = [
            try End(replicas[edge.sides[0]], edge.options[0]), try End(replicas[edge.sides[1]], edge.options[1]),
        ]
    }

    /// A stream takes with it what had not arrived, but for some bytes; datagrams arrive all the same, at whoever is there.
    func cut(_ world: World) throws {
        guard isUp else { return }
        for side in [0, 1] where !edge.isDatagram && world.random.oneIn(2) {
            try deliverStream(from: side, world.random.below(streams[side].count + 1), world)
        }
        for end in ends { end.replica.close(end.link) }
        ends = []
        streams = [[], []]
    }

    /// Moves what a link has to say onto the wire; returns how many bytes.
    func send(from side: Int, _ world: World, isCalm: Bool = false) throws -> Int {
        guard isUp else { return 0 }
        let capacity = edge.isDatagram ? edge.capacity : world.random.within(1...400)
        let bytes = try ends[side].read(upTo: capacity)
        guard !bytes.isEmpty else { return 0 }
        guard edge.isDatagram else {
            streams[side] += bytes
            return bytes.count
        }
        if isCalm || !world.random.percent(world.plan.loss) {
            let copies = !isCalm && world.random.percent(world.plan.duplication) ? 2 : 1
            for _ in 0..<copies {
                let delay = isCalm ? 0 : world.random.within(1...world.plan.delay)
                let isCut = !isCalm && world.plan.loss > 0 && world.random.oneIn(25)
                datagrams.append((world.now + delay, side, isCut ? cut(bytes, world) : bytes))
            }
        }
        return bytes.count
    }

    /// The beginning of a datagram, half of the time up to the end of a line: no line of it is bad then.
    private func cut(_ bytes: [UInt8], _ world: World) -> [UInt8] {
        let end = world.random.below(bytes.count)
        guard world.random.oneIn(2), let newline = bytes[..<end].lastIndex(of: 0x0a) else {
            return Array(bytes[..<end])
        }
        return Array(bytes[...newline])
    }

    /// Lets what is due arrive; returns how many bytes.
    func deliver(from side: Int, _ count: Int, _ world: World) throws -> Int {
        guard isUp else { return 0 }
        guard edge.isDatagram else { return try deliverStream(from: side, count, world) }
        var arrived = 0
        while let place = datagrams.firstIndex(where: { $0.from == side && $0.due <= world.now }),
            arrived < max(count, 1)
        {
            let bytes = datagrams.remove(at: place).bytes
            arrived += bytes.count
            try world.arrive(bytes, at: ends[1 - side], from: edge.sides[side])
        }
        return arrived
    }

    @discardableResult
    private func deliverStream(from side: Int, _ count: Int, _ world: World) throws -> Int {
        let bytes = Array(streams[side].prefix(count))
        guard !bytes.isEmpty else { return 0 }
        streams[side].removeFirst(bytes.count)
        try world.arrive(bytes, at: ends[1 - side], from: edge.sides[side])
        return bytes.count
    }
}

extension [UInt8] {
    func lend<Result, Thrown: Error>(_ body: (Bytes) throws(Thrown) -> Result) throws(Thrown) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(Thrown) in try body(Bytes(buffer)) }
    }

    mutating func lendToFill<Thrown: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Thrown) -> Int
    ) throws(Thrown) -> Int {
        try withUnsafeMutableBufferPointer { (buffer) throws(Thrown) in try body(UnsafeMutableRawBufferPointer(buffer))
        }
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
