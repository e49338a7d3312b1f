/// Numbers by chance that are the same in each run.
struct Draw {
    private var state: UInt64

    init(seed: UInt64) {
        state = RandomSource.mix(seed)
    }

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        return Int((RandomSource.mix(state).multipliedFullWidth(by: UInt64(bound))).high)
    }

    mutating func shuffle<Element>(_ array: inout [Element]) {
        for last in stride(from: array.count - 1, to: 0, by: -1) { array.swapAt(last, below(last + 1)) }
    }
}
