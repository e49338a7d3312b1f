@testable import ScuttleCore
import ScuttleJansson

/// The choices of a seed before the first step.
struct Plan {
    enum Purging: CaseIterable {
        /// No tombstone is ever purged: the outcome is exactly the winner of all writes.
        case never
        /// Stable tombstones are purged, as by default.
        case stable
        /// Stable tombstones are purged, and all replicas have met before the first write: no value may come back, and none may
        /// be lost.
        case settled
        /// Tombstones are purged at any time, and all but a few always.
        case forced
    }

    let purging: Purging
    let rule: Rule
    let replicas: Int
    let keys: Int
    /// Whether there are many keys. With few keys most of a long history is superseded, and no log delta is long.
    let hasManyKeys: Bool
    let steps: Int
    /// The plan of classic links; nil for a world with extended links.
    let classic: ClassicPlan?
    /// The edges of the network, which is connected.
    var edges: [Edge] = []
    var faults: Faults
    /// The plan of a man in the middle; nil if there is none.
    var middle: Middle?

    struct Edge {
        let sides: [Int]
        let isDatagram: Bool
        /// The flags of each side.
        let options: [Link.Options]
        let capacity: Int
        let isSlow: Bool
        /// Whether lines are lost, repeated and swapped on it.
        let losesLines: Bool
    }

    // In percent, and one in how many steps.
    private(set) var loss: Int
    let duplication: Int
    /// The bytes of both directions together after which streams break; nil: they do not.
    private(set) var breakAfter: Int?
    let delay: Int
    let writes: Int
    let deletes: Int
    let cutOneIn: Int
    let crashOneIn: Int
    let saveOneIn: Int
    let purgeOneIn: Int
    let awayOneIn: Int
    let retireOneIn: Int
    let endOneIn: Int

    init(_ kind: World.Kind, _ random: inout Random) {
        let (isMiddle, isClassic) = (kind == .middle, kind == .classic)
        // The oracle of classic worlds knows tombstones too.
        purging = isClassic ? .never : random.pick(isMiddle ? [.never, .stable, .stable, .forced] : Purging.allCases)
        let rules = isClassic ? Rule.ofTexts : Rule.ofNumbers
        rule = purging == .never ? random.pick(rules) : random.oneIn(4) ? .orderedValues : .lastWriter
        replicas = isMiddle ? 3 : random.within(2...5)
        hasManyKeys = !isClassic && random.oneIn(20)
        classic = isClassic ? ClassicPlan(&random) : nil
        keys = classic?.keys.count ?? (hasManyKeys ? 400 : random.pick([1, 3, 8, 20]))
        steps = isMiddle ? random.within(30...600) : random.within(60...400)
        loss = random.pick([0, 10, 40])
        duplication = random.pick([0, 10])
        delay = random.pick([1, 5, 40])
        writes = random.pick([5, 15, 35])
        deletes = random.pick([10, 35, 60])
        cutOneIn = random.pick([15, 60, 1000])
        crashOneIn = random.pick(isMiddle ? [150, 1000] : [40, 150, 1000])
        saveOneIn = random.pick([20, 100])
        purgeOneIn = random.pick([5, 30, 200])
        awayOneIn = random.pick([30, 100])
        retireOneIn = random.pick([10, 40, 120])
        endOneIn = random.pick([60, 200])
        faults =
            switch kind {
            case .rules: Faults(isSettled: purging == .settled, &random)
            case .middle: Faults(ofMiddle: &random)
            case .classic: Faults()
            }
        if isMiddle { middle = Middle(&random) }
        // A classic peer can neither be reset nor learn of a gap. With one, no tombstone may be purged before all writers know
        // each other, and no relay may lose its state or end.
        let mayBeClassic =
            kind == .rules && (purging == .never || purging == .settled) && !faults.losesState
            && !faults.retiresNames && random.oneIn(2)
        for replica in 1..<replicas { addEdge(replica, random.below(replica), mayBeClassic, &random) }
        for replica in 1..<replicas {
            for other in 0..<replica where random.oneIn(3) && !hasEdge(replica, other) {
                addEdge(replica, other, mayBeClassic, &random)
            }
        }
    }

    /// Chooses the worst networks. The random numbers are their own, so all other worlds keep their histories.
    mutating func worsen(seed: UInt64) {
        var random = Random(seed: ~seed)
        if random.oneIn(8) { loss = 50 }
        if random.oneIn(6) { breakAfter = random.pick([500, 1000, 3000, 10_000]) }
    }

    func hasEdge(_ a: Int, _ b: Int) -> Bool {
        edges.contains { $0.sides.contains(a) && $0.sides.contains(b) }
    }

    mutating func addEdge(_ a: Int, _ b: Int, _ mayBeClassic: Bool, _ random: inout Random) {
        guard classic == nil else { return edges.append(ClassicPlan.edge(a, b, &random)) }
        let isDatagram = random.oneIn(3)
        let isClassic = !isDatagram && mayBeClassic && random.oneIn(2)
        let options = (0..<2).map { _ -> Link.Options in
            var options: Link.Options = []
            if random.oneIn(2) { options.insert(.live) }
            if isDatagram { options.insert(.datagram) }
            if isClassic { options.insert(random.oneIn(2) ? .classic : .any) }
            return options
        }
        edges.append(
            Edge(
                sides: [a, b], isDatagram: isDatagram, options: options,
                capacity: random.pick([512, 512, 1200, 1472, 65507]), isSlow: random.oneIn(4),
                losesLines: faults.losesLines && !isDatagram && !isClassic && random.oneIn(2)))
    }

    func configuration(_ random: inout Random) -> Configuration {
        if let classic { return classic.configuration(rule, &random) }
        var configuration = Configuration()
        configuration.seed = random.next()
        if configuration.seed % 8 == 0 { configuration.fewKeys = 0 }
        configuration.resolver = rule.resolver
        configuration.isRespelling = { ValueOrder.areSame($0, $1) }
        configuration.mtu = random.oneIn(4) ? 1 : random.within(2...15)
        configuration.maxHistory = hasManyKeys && random.oneIn(2) ? 1000 : random.pick([1, 2, 3, 10, 1000])
        configuration.keepsTombstones = purging == .never
        if purging == .forced, random.oneIn(2) { configuration.maxTombstones = random.within(1...4) }
        if faults.retireAfter > 0, !random.oneIn(4) { configuration.retireAfter = faults.retireAfter }
        if faults.keepsFewRetired, !random.oneIn(3) { configuration.maxRetired = random.within(1...6) }
        if random.oneIn(6) { configuration.sort = { $0.key.precedes($1.key) } }
        return configuration
    }
}
