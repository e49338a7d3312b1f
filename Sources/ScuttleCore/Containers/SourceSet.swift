/// A set of source ids. Memory: 13 to 15 bytes for each member, whatever the ids.
struct SourceSet {
    private var map: SourceMap?

    /// Whether no source was ever inserted.
    var isEmpty: Bool { map == nil }

    func contains(_ source: SourceID) -> Bool { map.map { $0[source] > 0 } ?? false }

    /// Inserts a source, and returns whether it was new.
    @discardableResult
    mutating func insert(_ source: SourceID) -> Bool {
        guard !contains(source) else { return false }
        let map = self.map ?? SourceMap()
        self.map = map
        map.set(source, to: 1)
        return true
    }

    mutating func remove(_ source: SourceID) { map?.set(source, to: 0) }
}
