import Foundation
import Scuttle
import Simulation

// Runs the simulator. `make sim` is the comfortable way; tests run `simulate --check`.
//
//     simulate [SEEDS [FIRST]]           that many seeds, 2,000 without a number
//     simulate --seed SEED               one, telling each step
//     simulate … --without RULE          with a rule of reconciliation switched off: it must fail somewhere
//     simulate --check                   what `make test` wants to know, with its closing line

func takeMistakes(from arguments: inout [String]) -> DisabledRules {
    guard let place = arguments.firstIndex(of: "--without"), place + 1 < arguments.count else { return [] }
    guard let found = DisabledRules.all.first(where: { $0.name == arguments[place + 1] }) else {
        print("no such rule; there are \(DisabledRules.all.map(\.name).joined(separator: ", "))")
        exit(2)
    }
    arguments.removeSubrange(place...place + 1)
    return found.rule
}

/// What went wrong with a seed; nil: nothing.
func failure(of seed: UInt64, _ disabledRules: DisabledRules, counting total: inout World.Counts) -> String? {
    do {
        let world = try World(seed: seed, disabledRules: disabledRules)
        defer { total.add(world.counts) }
        try world.run()
        return nil
    } catch {
        return String(describing: error)
    }
}

func run(_ seeds: Range<UInt64>, _ disabledRules: DisabledRules) -> Int {
    var failures = 0
    var total = World.Counts()
    let begin = Date()
    for seed in seeds {
        guard let failure = failure(of: seed, disabledRules, counting: &total) else { continue }
        failures += 1
        if failures <= 20 { print("seed \(seed): \(failure.prefix(600))\n    alone: make sim SEED=\(seed)") }
    }
    print("\(seeds.count) seeds, \(failures) failures, \(Int(Date().timeIntervalSince(begin))) s; \(total)")
    return failures
}

func tell(_ seed: UInt64, _ disabledRules: DisabledRules) -> Bool {
    do {
        let world = try World(seed: seed, disabledRules: disabledRules) { print($0) }
        try world.run()
        print("seed \(seed): well; \(world.counts)")
        return true
    } catch {
        print("seed \(seed): \(error)")
        return false
    }
}

/// Short histories by the thousand; the same history from the same seed; and each rule of reconciliation, switched off, is
/// missed.
func check() -> Bool {
    var (passed, failed) = (0, 0)
    func note(_ isWell: Bool, _ text: String) {
        if isWell { passed += 1 } else { failed += 1 }
        print("\(isWell ? "passed" : "FAILED"): \(text)")
    }
    note(run(0..<3000, []) == 0, "3,000 seeds")
    let prints = (UInt64(0)..<50).map { seed in
        (0..<2).map { _ -> UInt64 in
            let world = try? World(seed: seed)
            try? world?.run()
            return world?.fingerprint ?? seed
        }
    }
    note(prints.allSatisfy { $0[0] == $0[1] }, "one seed makes one history, byte for byte")
    note(Set(prints.map { $0[0] }).count == prints.count, "each seed makes another")
    var total = World.Counts()
    for (name, rule) in DisabledRules.all {
        let seed = (0..<UInt64(60_000)).first { failure(of: $0, rule, counting: &total) != nil }
        note(seed != nil, "without \(name): \(seed.map { "seed \($0) fails" } ?? "nobody notices")")
    }
    print("\(passed) passed, \(failed) failed")
    return failed == 0
}

var arguments = Array(CommandLine.arguments.dropFirst())
let without = takeMistakes(from: &arguments)
if arguments == ["--check"] { exit(check() ? 0 : 1) }
if arguments.first == "--seed", arguments.count == 2, let seed = UInt64(arguments[1]) {
    exit(tell(seed, without) ? 0 : 1)
}
let count = arguments.first.flatMap { UInt64($0) } ?? 2000
let first = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 0
exit(run(first..<first + count, without) == 0 ? 0 : 1)
