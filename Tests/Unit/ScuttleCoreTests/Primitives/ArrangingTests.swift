import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The one sort that all callers share.
@Suite("Arranging")
struct ArrangingTests {
    @Test("Sorted and stable, for any count", arguments: [0, 1, 2, 31, 64, 65, 1000])
    func stable(count: Int) {
        var state: UInt64 = 7
        var elements: [(value: UInt64, place: Int)] = []
        for place in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            elements.append((state >> 60, place))
        }
        let arranged = elements.arranged { $0.value < $1.value }
        #expect(arranged.count == count)
        for (a, b) in zip(arranged, arranged.dropFirst()) { #expect((a.value, a.place) < (b.value, b.place)) }
    }
}
