import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("MarkSpacing")
struct MarkSpacingTests {
    /// Sends lines of random lengths, and each mark as soon as it is due. Returns the bytes before each mark.
    private func spaces(_ total: Int, seed: Int, longestLine: Int) -> [Int] {
        var random = TestRandom(seed: UInt64(seed))
        var spacing = MarkSpacing()
        var (sent, since) = (0, 0)
        var spaces: [Int] = []
        while sent < total {
            let line = 1 + random.below(longestLine)
            spacing.add(line)
            (sent, since) = (sent + line, since + line)
            guard spacing.isDue else { continue }
            spacing.mark()
            spaces.append(since)
            since = 0
        }
        return spaces
    }

    /// Returns the root of one and a half marks and of the sent bytes, or a tenth of those.
    private func share(_ sent: Int) -> Int { max(Int((96 * Double(sent)).squareRoot()), sent / 10) }

    @Test("At most the root of the sent bytes is unmarked, later a tenth; and never more than the maximum distance")
    func lost() {
        for seed in 0..<50 {
            var before = 0
            for space in spaces(1_000_000, seed: seed, longestLine: 200) {
                let most = max(MarkSpacing.minDistance, min(share(before), MarkSpacing.maxDistance)) + 200
                check(space < most, "seed \(seed): \(space) bytes after \(before)")
                before += space
            }
        }
    }

    @Test("Few marks: as many as the root and then the logarithm while they spread, then one each maximum distance")
    func few() {
        for seed in 0..<50 {
            for total in [1000, 10_000, 100_000, 1_000_000] {
                // Up to 9,600 bytes 2 * root / 96, up to ten maximum distances a tenth more each time.
                let most = 2 * share(min(total, 9600)) / 96 + 23 + total / MarkSpacing.maxDistance
                let count = spaces(total, seed: seed, longestLine: 200).count
                check(count <= most, "seed \(seed): \(count) marks in \(total) bytes")
            }
        }
    }

    @Test("A line of exactly the rest makes a mark due, and one of a byte less does not")
    func left() {
        var random = TestRandom(seed: 1)
        var spacing = MarkSpacing()
        for step in 0..<2000 {
            let left = spacing.left
            check(left >= 1 && left <= MarkSpacing.maxDistance, "step \(step): \(left)")
            let bytes = max(0, left - random.below(3))
            spacing.add(bytes)
            check(spacing.isDue == (bytes == left), "step \(step): \(bytes) of \(left)")
            if spacing.isDue { spacing.mark() }
        }
    }

    @Test("A line that is longer than any distance makes one mark due")
    func longLine() {
        var spacing = MarkSpacing()
        spacing.add(10_000_000)
        #expect(spacing.isDue)
        #expect(spacing.left == 1)
        spacing.mark()
        #expect(!spacing.isDue)
        #expect(spacing.left == MarkSpacing.maxDistance)
    }
}
