@testable import ScuttleCore

public struct SimulationFailure: Error, CustomStringConvertible {
    public let description: String
}

/// Replicas that write, delete, forget and talk over bad links, stop and start again, in an order that follows from one
/// seed; then all links are mended, and they must agree, on what must stand.
public final class World {
    public enum Kind: CaseIterable, Sendable {
        /// Replicas are honest, and lines come as they were sent, or not at all.
        case rules
        /// Somebody between three replicas alters what they say.
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
    /// The replicas that have left: their own host has forgotten their name.
    var left: Set<Int> = []
    /// The replicas that nobody reaches, the step in which each is back, and whether its host sleeps until then.
    var away: [(number: Int, until: Int, isAsleep: Bool)] = []
    /// Each replica's name, by its index; twins have one.
    var names: [[UInt8]] = []
    var wires: [Wire] = []
    var configurations: [Configuration] = []
    /// Where hosts keep their replicas; nil: in saves only.
    var stores: [RowStore?] = []
    let haveStores: Bool
    /// The saves of each, the oldest first.
    var saves: [[[UInt8]]] = []
    /// The save that each has last started from.
    var starts: [[UInt8]?] = []

    var writes: [Write] = []
    var numbers: [WriteID: Int] = [:]
    /// Writes may be gone with a replica that lost its state.
    var hasLostState = false
    /// A name has had two live replicas.
    var hasTwins = false
    /// A name was retired though a replica of it was there, with writes that others had not covered.
    var hasRetiredPresent = false
    var events = Events()
    /// Of classic worlds.
    var classic = ClassicLedger()
    /// Nil: no key has a time to live.
    var leases: Leases?
    /// Nil: no host refuses anything.
    var refusals: Refusals?

    /// Of all that has arrived anywhere: two runs of a seed have the same.
    public internal(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325
    public internal(set) var counts = Counts()

    public init(
        _ kind: Kind = .rules, seed: UInt64, disabledRules: DisabledRules = [], trace: ((String) -> Void)? = nil
    ) throws {
        random = Random(seed: seed)
        plan = Plan(kind, &random)
        haveStores = seed % 3 == 1
        if kind == .rules { plan.worsen(seed: seed) }
        self.trace = trace
        self.disabledRules = disabledRules
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
            try takeStep()
            try tickSometimes()
            changeMinds()
            try storeAll()
            if step % (plan.classic == nil ? 16 : 4) == 0 { try examine() }
        }
        let held = heldBefore()
        try heal()
        try examine()
        try endRefusals(held)
        try agree(held)
        try twinsAreTold()
        try endLeases()
        try endClassic()
    }

    func say(_ text: @autoclosure () -> String) {
        trace?("\(now): \(text())")
    }
}
