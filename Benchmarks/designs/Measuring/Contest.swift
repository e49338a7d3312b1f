/// Designs that are put to the same task in turn, so that a slow minute of the machine is slow for all of them.
struct Contest<Input> {
    let contestants: [(Input) -> Void]

    /// Each round begins with another contestant. The first round warms up and counts too: there are medians.
    func run(_ input: Input, rounds: Int) {
        for round in 0..<rounds {
            for turn in contestants.indices {
                contestants[(turn + round) % contestants.count](input)
            }
        }
    }
}

/// How large a run is.
struct Scale {
    /// Divides all sizes.
    let divisor: Int
    /// Small tasks are repeated until a round has this many operations.
    let operations: Int
    let mostRounds: Int

    static let full = Scale(divisor: 1, operations: 300_000, mostRounds: 5)
    /// Finds out in a second whether all of it still works.
    static let tiny = Scale(divisor: 500, operations: 1, mostRounds: 1)

    func size(_ size: Int) -> Int { max(size / divisor, min(size, 50)) }

    func repeats(of count: Int) -> Int { max(1, operations / max(count, 1)) }

    func rounds(_ wanted: Int) -> Int { min(wanted, mostRounds) }
}

/// 1,000 or 100k or 4M.
func short(_ number: Int) -> String {
    if number >= 1_000_000, number % 1_000_000 == 0 { return "\(number / 1_000_000)M" }
    if number >= 1000, number % 1000 == 0 { return "\(number / 1000)k" }
    return "\(number)"
}
