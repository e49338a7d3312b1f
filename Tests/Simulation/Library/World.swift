@testable import ScuttleCore

public struct SimulationFailure: Error, CustomStringConvertible {
    public let description: String
}

/// Replicas that write, delete, purge and gossip over bad links, stop and start again, in an order that follows from one seed.
/// Then all links are mended, and the replicas must be equal, with the writes that must stand.
public final class World {
    public enum Kind: CaseIterable, Sendable {
        /// Replicas are honest, and lines arrive as they were sent, or not at all.
        case rules
        /// A man in the middle of three replicas alters lines.
        case middle
        /// All links are classic, and keys and values are any texts.
        case classic
    }

    var plan: Plan
    var random: Random
    var now = 0
    let trace: ((String) -> Void)?
    let disabledRules: DisabledRules

    var replicas: [Replica] = []
    /// The indices of the replicas that have not ended for good.
    var present: [Int] = []
    /// The replicas that have left: their own host has retired their name.
    var left: Set<Int> = []
    /// The disconnected replicas, the step in which each returns, and whether its host sleeps until then.
    var away: [(number: Int, until: Int, isAsleep: Bool)] = []
    /// The name of each replica, by its index; twins share one.
    var names: [[UInt8]] = []
    var wires: [Wire] = []
    var configurations: [Configuration] = []
    /// The state stores of the hosts; nil for hosts that only save.
    var stores: [RowStore?] = []
    let haveStores: Bool
    /// The files of hosts that save in pieces; nil for others. No host has both.
    var pieces: [PieceStore?] = []
    let havePieces: Bool
    /// The watchers of each replica.
    var watchers: [[Watcher]] = []
    /// The saves of each replica, the oldest first.
    var saves: [[[UInt8]]] = []
    /// The save that each replica has last started from.
    var starts: [[UInt8]?] = []

    var writes: [Write] = []
    var numbers: [WriteID: Int] = [:]
    /// Whether writes may be gone with a replica that lost its state.
    var hasLostState = false
    /// Whether a name has had two live replicas.
    var hasTwins = false
    /// Whether a name was retired although a replica of it was present, with writes that others had not covered.
    var hasRetiredPresent = false
    var events = Events()
    /// The state of a classic world.
    var classic = ClassicLedger()
    /// The times to live; nil if no key has one.
    var leases: Leases?
    /// The refusals of hosts; nil if there are none.
    var refusals: Refusals?
    /// The batches of hosts; nil if there are none.
    var batches: Batches?

    /// A hash of all bytes that have arrived: two runs of a seed have the same.
    public internal(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325
    public internal(set) var counts = Counts()

    /// - Parameter hasBatches: whether hosts write batches beside single writes. Without them a seed has another history.
    public init(
        _ kind: Kind = .rules, seed: UInt64, disabledRules: DisabledRules = [], hasBatches: Bool = true,
        trace: ((String) -> Void)? = nil
    ) throws {
        random = Random(seed: seed)
        plan = Plan(kind, &random)
        haveStores = seed % 3 == 1
        havePieces = seed % 6 == 3
        if kind == .rules { plan.worsen(seed: seed) }
        self.trace = trace
        self.disabledRules = disabledRules
        batches = hasBatches ? Batches(seed: seed) : nil
        beginLeases(seed: seed)
        if kind == .rules { beginRefusals(seed: seed) }
        for number in 0..<plan.replicas where plan.middle?.joinsLate != true || number < 2 {
            try addReplica(named: Self.names[number])
        }
        wires = plan.edges.filter { $0.sides.allSatisfy { $0 < replicas.count } }.map { Wire($0) }
    }

    public func run() throws {
        say("\(plan)")
        for wire in wires { try wire.connect(replicas) }
        if let middle = plan.middle { return try run(middle) }
        if plan.purging == .settled {
            for number in replicas.indices { try write(number, "met\(number)", isDelete: false) }
            try heal()
        }
        for wire in wires where wire.edge.losesLines { wire.noise = .lines(oneIn: 10) }
        for step in 0..<plan.steps {
            now += 1
            try makeStep()
            try batchSometimes()
            try tickSometimes()
            changeMinds()
            try storeAll()
            try saveAll()
            if step % (plan.classic == nil ? 16 : 4) == 0 { try examine() }
        }
        let held = heldBefore()
        try heal()
        try examine()
        try endRefusals(held)
        try agree(held)
        try checkTwins()
        try endLeases()
        try endClassic()
    }

    func say(_ text: @autoclosure () -> String) {
        trace?("\(now): \(text())")
    }
}
