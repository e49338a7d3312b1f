/// The number under which an update travels and is accounted for in version vectors. A republished update has a new dot.
struct Dot: Equatable {
    let source: SourceID
    let version: Version
}

/// The number of a write, which never changes: Lamport number and writer. Of two writes of a key the one with the greater
/// timestamp stands.
struct Timestamp: Equatable {
    let version: Version
    let source: SourceID
}

extension Timestamp {
    /// Creates the timestamp of a write that was not republished.
    init(of dot: Dot) {
        self.init(version: dot.version, source: dot.source)
    }
}

extension SourceTable {
    /// Returns whether a timestamp is less than another one: by version, then by the bytes of the source.
    func precedes(_ a: Timestamp, _ b: Timestamp) -> Bool {
        if a.version != b.version { return a.version < b.version }
        return a.source != b.source && self[a.source].id.precedes(self[b.source].id)
    }

    /// Returns whether a dot is less than another one: by version, then by the bytes of the source.
    func precedes(_ a: Dot, _ b: Dot) -> Bool {
        if a.version != b.version { return a.version < b.version }
        return a.source != b.source && self[a.source].id.precedes(self[b.source].id)
    }
}
