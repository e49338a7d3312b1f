/// Which sources a peer has named in its digests since its last "done". Empty between rounds, so an idle link is small.
struct DigestRound {
    private var isNamed: [Bool] = []

    var isEmpty: Bool { isNamed.isEmpty }

    mutating func name(_ source: SourceID, of count: Int) {
        if isNamed.count < count { isNamed += [Bool](repeating: false, count: count - isNamed.count) }
        isNamed[Int(source)] = true
    }

    mutating func forget(_ source: SourceID) {
        if Int(source) < isNamed.count { isNamed[Int(source)] = false }
    }

    func hasNamed(_ source: SourceID) -> Bool {
        Int(source) < isNamed.count && isNamed[Int(source)]
    }
}
