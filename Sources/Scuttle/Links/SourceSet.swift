/// Sources by their numbers. Memory: a byte for each number up to the highest.
struct SourceSet {
    private var flags: [Bool] = []

    func contains(_ source: SourceID) -> Bool {
        Int(source) < flags.count && flags[Int(source)]
    }

    mutating func insert(_ source: SourceID) {
        let id = Int(source)
        if flags.count <= id { flags += Array(repeating: false, count: id + 1 - flags.count) }
        flags[id] = true
    }

    mutating func remove(_ source: SourceID) {
        if Int(source) < flags.count { flags[Int(source)] = false }
    }
}
