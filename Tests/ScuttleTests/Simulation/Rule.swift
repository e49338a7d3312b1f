import ScuttleJansson

@testable import ScuttleCore

/// Which of two updates of a key stands: as a resolver for replicas, and once more, in other words, for the oracle.
enum Rule: CaseIterable {
    case lastWriter, orderedValues
    /// A host's: the shorter value, then the older update.
    case shortest

    /// Values that the simulation writes, in the order of `orderedValues`; those on one line are equal.
    private static let values = [
        ["null"], ["false"], ["true"], ["-1.50"], ["0", "0.0", "-0"], ["7", "7.0", "70e-1"], ["9007199254740993"],
        ["\"\""],
        ["\"a\"", "\"\\u0061\""], ["[]"], ["[1,[2]]", "[1.0,[2]]"], ["{}"],
        ["{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}"],
    ]
    static let texts = values.flatMap { $0 }.map { [UInt8]($0) }
    private static let ranks = Dictionary(
        uniqueKeysWithValues: values.enumerated().flatMap { rank, texts in texts.map { ([UInt8]($0), rank) } })

    var resolver: Resolver {
        switch self {
        case .lastWriter: .lastWriter
        case .orderedValues: .orderedValues(compare: ValueOrder.compare)
        case .shortest:
            .host { update, current in
                guard let current else { return true }
                if update.value.count != current.value.count { return update.value.count < current.value.count }
                return update.precedes(current)
            }
        }
    }

    /// Whether `b` stands against `a`.
    func loses(_ a: PlainUpdate, to b: PlainUpdate) -> Bool {
        switch self {
        case .lastWriter: return a.isOlder(than: b)
        case .orderedValues:
            let (mine, other) = (Self.ranks[a.value] ?? -1, Self.ranks[b.value] ?? -1)
            return mine == other ? a.isOlder(than: b) : mine < other
        case .shortest:
            return a.value.count == b.value.count ? b.isOlder(than: a) : a.value.count > b.value.count
        }
    }
}
