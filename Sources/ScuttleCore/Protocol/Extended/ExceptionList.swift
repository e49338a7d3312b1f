/// An exception in a commit: the sender covers the dot and has not accepted its update; or the receiver has named the
/// exception, and the sender accounts for the dot without an entry.
struct CommitException: Equatable {
    let dot: Dot
    let isAccounted: Bool
}

/// The exceptions of a delta's sender, in order of source and version.
struct ExceptionList {
    private let dots: [Dot]

    /// Sorts the exceptions. O(n log n).
    @inline(never)
    init(_ dots: [Dot]) {
        self.dots = dots.count < 2 ? dots : dots.arranged { Self.precedes($0, $1) }
    }

    var isEmpty: Bool { dots.isEmpty }

    /// Whether a dot is excepted. O(log n).
    @inline(never)
    func contains(_ dot: Dot) -> Bool {
        let found = index(of: dot)
        return found < dots.count && dots[found] == dot
    }

    /// Returns the exceptions of a source above a version. O(log n).
    func dots(of source: SourceID, above version: Version) -> ArraySlice<Dot> {
        let first = index(of: Dot(source: source, version: version + 1))
        return dots[first..<max(first, index(of: Dot(source: source, version: .max)))]
    }

    private func index(of dot: Dot) -> Int {
        dots.indices.partition { !Self.precedes(dots[$0], dot) }
    }

    private static func precedes(_ a: Dot, _ b: Dot) -> Bool {
        a.source != b.source ? a.source < b.source : a.version < b.version
    }
}
