import ScuttleJansson

@testable import ScuttleCore

/// The rule that decides which of two updates of a key stands, as a resolver and, implemented again, for the oracle.
enum Rule {
    case lastWriter, orderedValues
    /// A host's rule: the greater last digit of the version, then the later update.
    case lastDigit
    /// A host's rule: the shorter value, then the older update.
    case shortest

    /// The rules of worlds whose values are numbered, and of worlds whose values are any text.
    static let ofNumbers: [Rule] = [.lastWriter, .orderedValues, .lastDigit]
    static let ofTexts: [Rule] = [.lastWriter, .orderedValues, .shortest]

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
        case .shortest:
            .host { update, current in
                guard let current else { return true }
                if update.value.count != current.value.count { return update.value.count < current.value.count }
                return update.precedes(current)
            }
        }
    }

    /// Returns whether `b` stands against `a`.
    func loses(_ a: Write, to b: Write) -> Bool {
        switch self {
        case .lastWriter: return a.precedes(b)
        case .orderedValues:
            if a.text != nil { return a.rank == b.rank ? a.precedes(b) : a.rank < b.rank }
            if a.isDelete != b.isDelete { return a.isDelete }
            if a.isDelete { return a.precedes(b) }
            return (a.rank, a.number) < (b.rank, b.number)
        case .lastDigit:
            let (mine, other) = (a.version % 10, b.version % 10)
            return mine == other ? a.precedes(b) : mine < other
        case .shortest:
            let (mine, other) = (a.value.utf8.count, b.value.utf8.count)
            return mine == other ? b.precedes(a) : mine > other
        }
    }
}
