import ScuttleCore
import Simulation

/// Runs thousands of short histories, checks that a seed repeats its history, and that the worlds fail without each rule.
func check() -> Bool {
    var (passed, failed) = (0, 0)
    func note(_ isWell: Bool, _ text: String) {
        if isWell { passed += 1 } else { failed += 1 }
        print("\(isWell ? "passed" : "FAILED"): \(text)")
    }
    note(run(.rules, 0..<3000, []) == 0, "3,000 seeds")
    note(run(.middle, 0..<2000, []) == 0, "2,000 seeds with a man in the middle")
    note(run(.classic, 0..<2000, []) == 0, "2,000 seeds of classic links")
    note(
        seedsOfBugs.allSatisfy { run(.rules, $0..<$0 + 1, [], hasBatches: false) == 0 },
        "the seeds that have found a bug")
    for kind in World.Kind.allCases {
        let prints = (UInt64(0)..<50).map { seed in
            (0..<2).map { _ -> UInt64 in
                let world = try? World(kind, seed: seed)
                try? world?.run()
                return world?.fingerprint ?? seed
            }
        }
        note(prints.allSatisfy { $0[0] == $0[1] }, "\(kind): one seed makes one history, byte for byte")
        note(Set(prints.map { $0[0] }).count == prints.count, "\(kind): each seed makes another")
    }
    for (name, rule) in DisabledRules.all {
        guard rule != .progress else {
            // Replicas without this rule converge as well if links last, and never if links break early.
            note(
                BreakingLinks.links() != nil && BreakingLinks.links(without: rule) == nil,
                "without \(name): links that break after 2,000 bytes never end")
            continue
        }
        let seed = seedThatMisses(rule)
        note(seed != nil, "without \(name): \(seed.map { "\($0.kind) \($0.seed) fails" } ?? "nobody notices")")
    }
    print("\(passed) passed, \(failed) failed")
    return failed == 0
}

/// These were found before hosts wrote batches, so they run without. A live twin was retired again with each rise, and each time
/// caused a reset. A write lost to a delete that was refused and purged. Two resets in datagrams went on for ever, because the
/// commit that named retired sources ended in another window, whose nonce the sender did not know as its own.
private let seedsOfBugs: [UInt64] = [36_001_502, 80_002_528, 91_007_542, 91_011_515]

private let seedsThatMiss: [(rule: DisabledRules, seed: UInt64)] = [
    (.inversion, 16806), (.ownCover, 1087), (.restart, 3509), (.matters, 2117), (.epoch, 1750),
]

/// Returns the first seed that fails without a rule, and does not fail with it.
private func seedThatMisses(_ rule: DisabledRules) -> (kind: World.Kind, seed: UInt64)? {
    var total = Counts()
    // Seeds that have failed without the rule before: few worlds do, and the search through all others needs minutes.
    for (known, seed) in seedsThatMiss where known == rule {
        guard failure(of: seed, .rules, rule, hasBatches: false, counting: &total) != nil else { break }
        if failure(of: seed, .rules, [], hasBatches: false, counting: &total) == nil { return (.rules, seed) }
    }
    // Without the comparison of contents honest replicas converge as well: only the man in the middle needs it.
    for kind in rule == .content ? [World.Kind.middle] : [.rules, .middle] {
        for seed in 0..<UInt64(30_000) where failure(of: seed, kind, rule, counting: &total) != nil {
            if failure(of: seed, kind, [], counting: &total) == nil { return (kind, seed) }
        }
    }
    return nil
}
