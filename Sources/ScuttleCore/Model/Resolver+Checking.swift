/// A violation of the laws that a resolver must keep so that replicas converge.
public struct ResolverFlaw {
    public enum Kind: UInt32 {
        case notCommutative = 1
        case notIdempotent = 2
        case notAssociative = 3
    }

    public let kind: Kind
    /// The indices of the two or three updates that show the violation.
    public let updates: [Int]
}

extension Resolver {
    /// Returns the first violation among updates of one key: updates may arrive in another order, twice, or merged elsewhere.
    /// Two updates show it if two suffice. O(n^3).
    public func flaw(among updates: [Update]) -> ResolverFlaw? {
        let count = updates.count
        /// Returns the winner of two updates if the second arrives later. Inlined, the code would appear eight times.
        @inline(never) func meet(_ a: Int, _ b: Int) -> Int {
            a == b || prefers(updates[b], to: updates[a]) ? b : a
        }
        for a in 0..<count {
            for b in 0..<count where a != b {
                let standing = meet(a, b)
                if meet(standing, a) != standing || meet(standing, b) != standing {
                    return ResolverFlaw(kind: .notIdempotent, updates: [a, b])
                }
                if meet(b, a) != standing { return ResolverFlaw(kind: .notCommutative, updates: [a, b]) }
            }
        }
        for a in 0..<count {
            for b in 0..<count where b != a {
                for c in 0..<count where c != a && c != b {
                    if meet(meet(a, b), c) != meet(a, meet(b, c)) {
                        return ResolverFlaw(kind: .notAssociative, updates: [a, b, c])
                    }
                }
            }
        }
        return nil
    }
}
