import Testing

/// Thousands of small worlds, each from a seed.
///
///     SCUTTLE_SEEDS=100000 swift test --filter SimulationTests     more of them
///     SCUTTLE_SEED=17 swift test --filter SimulationTests          one alone, telling each step
@Suite("Simulation")
struct SimulationTests {
    private static let seeds = setting("SCUTTLE_SEEDS") ?? 2000
    private static let alone = setting("SCUTTLE_SEED")
    /// Seeds run in as many parts, side by side.
    private static let parts = 8

    @Test("After any history replicas that can talk agree, on what must stand", arguments: 0..<parts)
    func seeds(part: Int) {
        if let alone = Self.alone {
            if part == 0 { run(alone) { print("seed \(alone): \($0)") } }
            return
        }
        for seed in stride(from: part, to: Self.seeds, by: Self.parts) { run(seed) { _ in } }
    }

    private static let known = [
        2_002_986, 2_105_076, 2_148_632, 2_415_491, 2_421_664, 3_110_172, 4_005_663, 7_013_880, 7_034_929, 7_045_827,
        7_090_892, 7_124_400, 7_157_153, 8_044_221, 9_054_533, 9_173_834,
    ]

    @Test("Worlds that have failed", arguments: Self.known)
    func failed(seed: Int) {
        run(seed) { _ in }
    }

    private func run(_ seed: Int, trace: @escaping (String) -> Void) {
        do {
            try Simulation(seed: seed, trace: trace).run()
        } catch {
            Issue.record("seed \(seed): \(error). Alone: SCUTTLE_SEED=\(seed) swift test --filter SimulationTests")
        }
    }
}
