import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RandomSource")
struct RandomSourceTests {
    @Test(
        "The published SplitMix64: the first numbers of two seeds",
        arguments: [
            (0, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f, 0xf88b_b8a8_724c_81ec]),
            (
                1_234_567,
                [
                    6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                    4_593_380_528_125_082_431,
                ]
            ),
        ] as [(UInt64, [UInt64])])
    func published(seed: UInt64, numbers: [UInt64]) {
        var source = RandomSource(seed: seed)
        #expect(numbers.map { _ in source.next() } == numbers)
    }

    @Test("Numbers below a limit cover all of them, and a limit of 0 or less returns 0")
    func below() {
        var source = RandomSource(seed: 7)
        for limit in 1...20 {
            let met = Set((0..<limit * 40).map { _ in source.next(below: limit) })
            check(met == Set(0..<limit), "below \(limit): \(met.sorted())")
        }
        #expect(source.next(below: 0) == 0)
        #expect(source.next(below: -3) == 0)
    }
}
