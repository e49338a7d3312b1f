import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Against a dictionary.
@Suite("DotOrder")
struct DotOrderTests {
    @Test("As a dictionary, through insertions and removals in any order", arguments: 0..<12)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let order = DotOrder()
        var model: [Version: [Version: UInt32]] = [:]
        let sources = 1 + seed % 4
        let span = [40, 400, 4000][seed % 3]
        for step in 0..<4000 {
            let dot = Dot(source: SourceID(random.below(sources)), version: Version(1 + random.below(span)))
            // Now it grows, now it shrinks.
            if random.below(10) < (step / 1000 % 2 == 0 ? 8 : 3) {
                order.insert(dot, UInt32(step))
                model[Version(dot.source), default: [:]][dot.version] = UInt32(step)
            } else {
                order.remove(dot)
                model[Version(dot.source)]?[dot.version] = nil
            }
            check(order.find(dot) == model[Version(dot.source)]?[dot.version], "step \(step)")
            if random.oneIn(100) { examine(order, model, span, &random) }
        }
        examine(order, model, span, &random)
        for source in 0..<sources {
            for version in 1...span { order.remove(Dot(source: SourceID(source), version: Version(version))) }
        }
        check(order.count == 0 && order.first(from: Dot(source: 0, version: 0)) == nil, "all have gone")
        order.insert(Dot(source: 1, version: 1), 7)
        check(order.find(Dot(source: 1, version: 1)) == 7, "one has come again")
    }

    private func examine(
        _ order: DotOrder, _ model: [Version: [Version: UInt32]], _ span: Int, _ random: inout TestRandom
    ) {
        check(order.count == model.values.reduce(0) { $0 + $1.count }, "the count")
        var all: [Dot] = []
        order.forEach { all.append($0.dot) }
        let expected = model.keys.sorted().flatMap { source in
            model[source, default: [:]].keys.sorted().map { Dot(source: SourceID(source), version: $0) }
        }
        check(all == expected, "all in order")
        for (source, versions) in model {
            let (low, high) = (Version(random.below(span)), Version(random.below(span)))
            var found: [Version] = []
            order.forEach(of: SourceID(source), above: low, upTo: high) { found.append($0.dot.version) }
            check(found == versions.keys.filter { $0 > low && $0 <= high }.sorted(), "above \(low) up to \(high)")
        }
    }

    @Test("What is forgotten last of the marks is what came last")
    func recent() {
        var marks = RecentMarks()
        for mark in 0..<20_000 as Range<UInt64> {
            check(marks.insert(mark &* 0x9e37_79b9_7f4a_7c15), "mark \(mark) is new")
            check(!marks.insert(mark &* 0x9e37_79b9_7f4a_7c15), "mark \(mark) is there")
        }
        for mark in 16_000..<20_000 as Range<UInt64> {
            check(!marks.insert(mark &* 0x9e37_79b9_7f4a_7c15), "mark \(mark) is still there")
        }
        check(marks.insert(0), "the first one is not")
    }
}
