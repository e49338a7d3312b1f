/// Sources by their numbers. Memory: 13 to 15 bytes for each that is in it, whatever their numbers.
struct SourceSet {
    private var map: SourceMap?

    /// Whether nothing has been put into it.
    var isEmpty: Bool { map == nil }

    func contains(_ source: SourceID) -> Bool { map.map { $0[source] > 0 } ?? false }

    /// Whether it was not in it.
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
