@testable import ScuttleCore
import ScuttleJansson

/// The plan of a world of classic links: keys and values of any text, and hosts that sort.
struct ClassicPlan {
    let keys: [String]

    private static let names = [
        "a", "b", "key", "k\n\"", "\u{e9}", "__proto__", "\u{10000}", "x\\", "long key, longer than most", "z",
    ]

    /// Values in the order of `orderedValues`. Those on one line are equal.
    private static let values = [
        ["null"], ["false"], ["true"], ["-1.50"], ["0", "0.0", "-0"], ["7", "7.0", "70e-1"], ["9007199254740993"],
        ["\"\""],
        ["\"a\"", "\"\\u0061\""], ["[]"], ["[1,[2]]", "[1.0,[2]]"], ["{}"],
        ["{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}"],
    ]
    /// Each value with its rank in that order. A delete has the rank of null.
    static let texts = values.enumerated().flatMap { rank, texts in texts.map { (text: $0, rank: rank) } }

    init(_ random: inout Random) {
        var names = Self.names
        for index in names.indices.dropLast() { names.swapAt(index, random.within(index...names.count - 1)) }
        keys = Array(names.prefix(random.within(1...names.count)))
    }

    static func edge(_ a: Int, _ b: Int, _ random: inout Random) -> Plan.Edge {
        let options = (0..<2).map { _ -> Link.Options in random.oneIn(4) ? [.classic, .live] : .classic }
        return Plan.Edge(
            sides: [a, b], isDatagram: false, options: options, capacity: 0, isSlow: random.oneIn(4), losesLines: false)
    }

    func configuration(_ rule: Rule, _ random: inout Random) -> Configuration {
        var configuration = Configuration()
        configuration.seed = random.next()
        configuration.resolver = rule.resolver
        configuration.mtu = random.oneIn(4) ? 1 : random.within(2...15)
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
