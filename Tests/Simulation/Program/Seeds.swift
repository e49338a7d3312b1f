import Foundation
import ScuttleCore
import Simulation

/// The seed whose history is running, for a crash to name.
nonisolated(unsafe) private var seedOfCrash: UInt64 = 0

/// Makes a trap print its seed before the process ends.
func nameSeedOfCrash() {
    for trap in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
        signal(trap) { number in
            FileHandle.standardError.write(Data("seed \(seedOfCrash): crash, signal \(number)\n".utf8))
            _exit(3)
        }
    }
}

/// Returns the failure of a seed; nil if there is none.
func failure(
    of seed: UInt64, _ kind: World.Kind, _ disabledRules: DisabledRules, hasBatches: Bool = true,
    counting total: inout Counts
) -> String? {
    seedOfCrash = seed
    do {
        let world = try World(kind, seed: seed, disabledRules: disabledRules, hasBatches: hasBatches)
        defer { total.add(world.counts) }
        try world.run()
        return nil
    } catch {
        return String(describing: error)
    }
}

/// Runs some seeds, and returns the count of failed ones.
func run(
    _ kind: World.Kind, _ seeds: Range<UInt64>, _ disabledRules: DisabledRules, hasBatches: Bool = true
) -> Int {
    var failures = 0
    var total = Counts()
    let begin = Date()
    for seed in seeds {
        let failure = failure(of: seed, kind, disabledRules, hasBatches: hasBatches, counting: &total)
        guard let failure else { continue }
        failures += 1
        guard failures <= 20 else { continue }
        print("seed \(seed): \(failure.prefix(600))")
        let options = (kind == .rules ? "" : " \(kind)=1".uppercased()) + (hasBatches ? "" : " BATCHES=0")
        print("    alone: make sim SEED=\(seed)\(options)")
    }
    let time = Int(Date().timeIntervalSince(begin))
    print("\(kind), seeds \(seeds): \(failures) failures, \(time) s; \(total)")
    return failures
}

/// Runs one seed, and prints each step.
func tell(_ kind: World.Kind, _ seed: UInt64, _ disabledRules: DisabledRules, hasBatches: Bool) -> Bool {
    seedOfCrash = seed
    do {
        let world = try World(kind, seed: seed, disabledRules: disabledRules, hasBatches: hasBatches) { print($0) }
        try world.run()
        print("seed \(seed): well; \(world.counts)")
        return true
    } catch {
        print("seed \(seed): \(error)")
        return false
    }
}
