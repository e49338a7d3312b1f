import ScuttleJansson

@testable import ScuttleCore

/// Which of two updates of a key stands: as a resolver for replicas, and once more for the oracle.
enum Rule: CaseIterable {
    case lastWriter, orderedValues
    /// A host's: the greater last digit of the version, then the later.
    case lastDigit

    var resolver: Resolver {
        switch self {
        case .lastWriter: .lastWriter
        case .orderedValues: .orderedValues(compare: ValueOrder.compare)
        case .lastDigit:
            .host { update, current in
                guard let current else { return true }
                let (new, old) = (update.version % 10, current.version % 10)
                return new == old ? current.precedes(update) : new > old
            }
        }
    }

    /// Whether `b` stands against `a`.
    func loses(_ a: Write, to b: Write) -> Bool {
        switch self {
        case .lastWriter: return a.precedes(b)
        case .orderedValues:
            if a.isDelete != b.isDelete { return a.isDelete }
            if a.isDelete { return a.precedes(b) }
            return (a.rank, a.number) < (b.rank, b.number)
        case .lastDigit:
            let (mine, other) = (a.version % 10, b.version % 10)
            return mine == other ? a.precedes(b) : mine < other
        }
    }
}
