import ScuttleJSON

@testable import Scuttle

public struct SimulationFailure: Error, CustomStringConvertible {
    public let description: String
}

/// Replicas that write, delete, forget and talk over bad links, stop and start again, in an order that follows from one
/// seed; then all links are mended, and they must agree, on what must stand.
public final class World {
    var plan: Plan
    var random: Random
    var now = 0
    let trace: ((String) -> Void)?

    var replicas: [Replica] = []
    var wires: [Wire] = []
    private var configurations: [Configuration] = []
    /// The latest save of each; nil: none.
    private var saves: [[UInt8]?] = []
    /// Whether each is there: one that stopped for good is not.
    var isAlive: [Bool] = []

    var writes: [Write] = []
    var numbers: [WriteID: Int] = [:]
    /// Writes that may be gone with a replica that lost its state.
    var hasLostState = false
    private let disabledRules: DisabledRules

    /// Of all that has arrived anywhere: two runs of a seed have the same.
    public private(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325
    public internal(set) var counts = Counts()

    /// What happened, to see that everything does.
    public struct Counts {
        public init() {}

        public var logs = 0
        public var states = 0
        public var resets = 0
        public var bytes = 0
        public var resurrected = 0
        public var lost = 0
        public var purges = 0
        public var restarts = 0

        /// Counts the answers that begin in some bytes, but for those whose name a cut goes through.
        mutating func noteAnswers(in bytes: [UInt8]) {
            let mark = [UInt8]("\"mode\":\"".utf8)
            var place = 0
            while place + mark.count < bytes.count {
                if bytes[place] == mark[0], bytes[place..<place + mark.count].elementsEqual(mark) {
                    switch bytes[place + mark.count] {
                    case UInt8(ascii: "l"): logs += 1
                    case UInt8(ascii: "s"): states += 1
                    default: resets += 1
                    }
                }
                place += 1
            }
        }

        public mutating func add(_ other: Counts) {
            bytes += other.bytes
            resurrected += other.resurrected
            lost += other.lost
            purges += other.purges
            restarts += other.restarts
            logs += other.logs
            states += other.states
            resets += other.resets
        }
    }

    public init(seed: UInt64, disabledRules: DisabledRules = [], trace: ((String) -> Void)? = nil) throws {
        random = Random(seed: seed)
        plan = Plan(&random)
        self.trace = trace
        self.disabledRules = disabledRules
        for _ in 0..<plan.replicas { try addReplica() }
        wires = plan.edges.map { Wire($0) }
    }

    public func run() throws {
        say("\(plan)")
        for wire in wires { try wire.connect(replicas) }
        if plan.purging == .settled {
            for number in replicas.indices { try write(number, "met\(number)", isDelete: false) }
            try heal()
        }
        var joins = plan.joins
        for step in 0..<plan.steps {
            now += 1
            if joins > 0, random.oneIn(60) {
                joins -= 1
                try join()
            }
            try takeStep()
            if step % 16 == 0 { try examine() }
        }
        let held = heldBefore()
        try heal()
        try examine()
        try agree(held)
    }

    func say(_ text: @autoclosure () -> String) {
        trace?("\(now): \(text())")
    }

    // MARK: Replicas

    private func addReplica() throws {
        var configuration = plan.configuration(&random)
        #if DEBUG
            configuration.disabledRules = disabledRules
        #endif
        configurations.append(configuration)
        saves.append(nil)
        isAlive.append(true)
        replicas.append(try makeReplica(replicas.count))
    }

    private func makeReplica(_ number: Int) throws -> Replica {
        let name = ["A", "B", "C\"", "\u{e9}", "AA", "F", "G", "H"][number]
        // A rule may be off: then each start of a name is the same source.
        let seed = disabledRules.contains(.incarnation) ? 1 : random.next()
        configurations[number].seed = random.next()
        return try [UInt8](name.utf8).lend { (name) throws(Failure) in
            Replica(id: try ReplicaID(name, incarnation: seed), configuration: configurations[number])
        }
    }

    func save(_ number: Int) {
        saves[number] = exported(replicas[number])
    }

    private func join() throws {
        let number = replicas.count
        try addReplica()
        let other = random.below(number)
        say("\(number) joins, at \(other)")
        plan.addEdge(number, other, false, &random)
        let wire = Wire(plan.edges[plan.edges.count - 1])
        wires.append(wire)
        try wire.connect(replicas)
    }

    /// A host stops, and starts again: from what it is, or where state may be lost from an old save, from a part of one, or from
    /// nothing.
    func restart(_ number: Int) throws {
        for wire in wires where wire.edge.sides.contains(number) { try wire.cut(self) }
        counts.restarts += 1
        var state: [UInt8]? = exported(replicas[number])
        if plan.losesState, random.oneIn(2) {
            hasLostState = true
            state = random.oneIn(3) ? nil : saves[number] ?? state
            if random.oneIn(3), let whole = state { state = Array(whole[..<random.below(whole.count + 1)]) }
        }
        say("\(number) starts again, from \(state.map { "\($0.count) bytes" } ?? "nothing")")
        replicas[number] = try makeReplica(number)
        if let state {
            var input = LinkInput(limits: Limits())
            _ = try state.lend { (bytes) throws(Failure) in try input.load(bytes, into: replicas[number]) }
        }
        for wire in wires { try wire.connect(replicas) }
    }

    private func exported(_ replica: Replica) -> [UInt8] {
        var text: [UInt8] = []
        replica.export {
            text += $0
            return true
        }
        return text
    }

    // MARK: Bytes

    /// Bytes arrive; nothing that an honest replica says may be refused.
    func arrive(_ bytes: [UInt8], at end: End, from sender: Int) throws {
        for byte in bytes { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01b3 }
        counts.bytes += bytes.count
        counts.noteAnswers(in: bytes)
        if trace != nil { say("\(sender) -> \(name(end.replica)): \(bytes.text)") }
        defer { if trace != nil { say("clock of \(name(end.replica)): \(clockText(end.replica))") } }
        do {
            try end.write(bytes)
        } catch  where end.link.isDatagram && bytes.last != 0x0a && (error.code == .json || error.code == .utf8) {
            // It was cut in the middle of a line.
        } catch {
            throw SimulationFailure(description: "\(name(end.replica)) refuses: \(error.detail); \(bytes.text)")
        }
    }

    private func clockText(_ replica: Replica) -> String {
        (0..<SourceID(replica.sources.count)).map { id in
            let source = replica.sources[id]
            return "\([UInt8](source.id).text):\(source.covered)/\(source.floor)/\(source.reach)/\(source.purged)"
        }.joined(separator: " ") + " epoch \(replica.epoch) ahead \(replica.aheadCount)"
    }

    private func name(_ replica: Replica) -> Int {
        replicas.firstIndex { $0 === replica } ?? -1
    }

    // MARK: Healing

    /// All links are new and good; everybody asks until nothing moves.
    func heal() throws {
        for wire in wires {
            wire.isBlocked = false
            try wire.cut(self)
            try wire.connect(replicas)
        }
        var rounds = 0
        // LogDelta goes one edge further in each round, at least; and a lagging replica may publish again.
        while rounds < 3 * replicas.count + 12 {
            rounds += 1
            let before = fingerprintOfAll
            for replica in replicas { replica.gossip() }
            try runUntilQuiet()
            if rounds > replicas.count + 2, fingerprintOfAll == before, areInStep { return }
        }
    }

    private var fingerprintOfAll: [UInt64] { replicas.map(\.fingerprint) }
    private var areInStep: Bool { Set(replicas.map(\.vectorHash)).count == 1 }

    private func runUntilQuiet() throws {
        for round in 0... {
            now += plan.delay + 1
            var moved = 0
            for wire in wires {
                for side in [0, 1] {
                    moved += try wire.send(from: side, self, isCalm: true)
                    moved += try wire.deliver(from: side, 1 + random.below(2000), self)
                }
            }
            if moved == 0 { return }
            guard round < 20_000 else { throw SimulationFailure(description: "there is no end of talking") }
        }
    }
}
