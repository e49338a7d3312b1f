/// How a resolver fails to make replicas agree.
public struct ResolverFlaw {
    public enum Kind: UInt32 {
        case order = 1
        case repetition = 2
        case grouping = 3
    }

    public let kind: Kind
    /// The updates that show it, by number: two or three.
    public let updates: [Int]
}

extension Resolver {
    /// Tries out what may happen to updates of one key on their way: they come in another order, once more, or after they
    /// have met elsewhere. The first flaw found, of two updates where two are enough. O(n^3).
    public func flaw(among updates: [Update]) -> ResolverFlaw? {
        let count = updates.count
        /// What stands of two, where the second comes later. Inlined it would be here eight times.
        @inline(never) func meet(_ a: Int, _ b: Int) -> Int {
            a == b || prefers(updates[b], to: updates[a]) ? b : a
        }
        for a in 0..<count {
            for b in 0..<count where a != b {
                let standing = meet(a, b)
                if meet(standing, a) != standing || meet(standing, b) != standing {
                    return ResolverFlaw(kind: .repetition, updates: [a, b])
                }
                if meet(b, a) != standing { return ResolverFlaw(kind: .order, updates: [a, b]) }
            }
        }
        for a in 0..<count {
            for b in 0..<count where b != a {
                for c in 0..<count where c != a && c != b {
                    if meet(meet(a, b), c) != meet(a, meet(b, c)) {
                        return ResolverFlaw(kind: .grouping, updates: [a, b, c])
                    }
                }
            }
        }
        return nil
    }
}
