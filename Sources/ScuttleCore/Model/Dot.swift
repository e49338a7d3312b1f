/// The number under which an update travels, and is accounted for in version vectors. A republished update has a new one.
struct Dot: Equatable {
    let source: SourceID
    let version: Version
}

/// The number of a write, which never changes: Lamport number and writer. Of two writes of a key the greater one stands.
struct Timestamp: Equatable {
    let version: Version
    let source: SourceID
}

extension Timestamp {
    /// Of a write that was not republished.
    init(of dot: Dot) {
        self.init(version: dot.version, source: dot.source)
    }
}
