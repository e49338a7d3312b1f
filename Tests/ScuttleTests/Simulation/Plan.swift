@testable import ScuttleCore

/// What a seed decides before anything happens.
struct Plan {
    let rule: Rule
    /// One for each replica.
    let configurations: [Configuration]
    /// Pairs of replicas that can talk, and whether they are slow to take what they are sent. All can reach all.
    let edges: [(sides: (Int, Int), isSlow: Bool)]
    let keys: [String]
    let steps: Int
    /// Once in how many steps a link is cut, and a peer takes what was sent.
    let (cutOneIn, deliverOneIn): (Int, Int)

    init(_ random: inout TestRandom) {
        let rule = random.pick(Rule.allCases)
        self.rule = rule
        let count = random.within(2...5)
        configurations = (0..<count).map { _ in Self.configuration(rule, &random) }
        var pairs: [(Int, Int)] = []
        for replica in 1..<count {
            let joined = random.below(replica)
            pairs.append((joined, replica))
            for other in 0..<replica where other != joined && random.oneIn(3) { pairs.append((other, replica)) }
        }
        edges = pairs.map { ($0, random.oneIn(4)) }
        let names = [
            "a", "b", "key", "k\n\"", "\u{e9}", "__proto__", "\u{10000}", "x\\", "long key, longer than most", "z",
        ]
        keys = Array(names.shuffled(using: &random).prefix(random.within(1...names.count)))
        steps = random.within(40...300)
        (cutOneIn, deliverOneIn) = (random.within(8...60), random.within(1...3))
    }

    private static func configuration(_ rule: Rule, _ random: inout TestRandom) -> Configuration {
        var configuration = Configuration()
        configuration.seed = random.next()
        configuration.resolver = rule.resolver
        configuration.mtu = random.oneIn(4) ? 1 : random.within(2...15)
        // The oracle knows tombstones too.
        configuration.keepsTombstones = true
        configuration.maxHistory = random.within(1...12)
        switch random.below(6) {
        case 0: configuration.sort = { $1.precedes($0) }
        case 1: configuration.sort = { $0.key.precedes($1.key) }
        default: break
        }
        return configuration
    }
}
