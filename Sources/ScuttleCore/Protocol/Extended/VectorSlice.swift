/// A slice of a version vector: the items from an index on that fit into a line. Sources come first, then names, then
/// retired sources, then exceptions.
struct VectorSlice {
    var sources: [SourceID] = []
    var names: [NameID] = []
    var retired: [Int] = []
    var excepted: [CommitException] = []
    /// The first item of the next line.
    var end: Int

    var isEmpty: Bool { sources.isEmpty && names.isEmpty && retired.isEmpty && excepted.isEmpty }
}

extension VectorSlice {
    /// Returns the items from an index on that have something to state, as many as fit into `capacity` bytes of one
    /// line. O(items passed).
    /// - Parameters:
    ///   - fitsOne: at least one item fits, however long its id: on a stream.
    ///   - next: returns the first source from an index on that may have something to state. The sources before it cost
    ///     next to nothing.
    ///   - firstName: returns the first name that may have something to state. `firstRetired` likewise.
    static func of(
        _ replica: Store, from first: Int, within capacity: Int, fitsOne: Bool, excepted: [CommitException] = [],
        next: (Int) -> Int, source: (SourceID) -> Bool, firstName: () -> Int, name: (NameID) -> Bool,
        firstRetired: () -> Int,
        retired: (Int) -> Bool, exception: (CommitException) -> Bool = { _ in false }
    ) -> VectorSlice {
        var slice = VectorSlice(end: first)
        var left = capacity
        func fits(_ cost: Int) -> Bool {
            guard cost <= left || (slice.isEmpty && fitsOne) else { return false }
            left -= cost
            return true
        }
        let table = replica.sources.count
        let names = replica.sources.names.count
        while slice.end < table {
            slice.end = min(next(slice.end), table)
            guard slice.end < table else { break }
            let id = SourceID(truncatingIfNeeded: slice.end)
            if source(id) {
                guard fits(SendBudget.cost(of: replica.sources[id], upTo: max(replica.version, replica.highestPurged)))
                else {
                    return slice
                }
                slice.sources.append(id)
            }
            slice.end += 1
        }
        slice.end = max(slice.end, table + min(firstName(), names))
        while slice.end < table + names {
            let id = NameID(truncatingIfNeeded: slice.end - table)
            if replica.sources.names.isName(id), name(id) {
                guard fits(Encoding.chosen.maxBytes(ofName: replica.sources.name(of: id))) else { return slice }
                slice.names.append(id)
            }
            slice.end += 1
        }
        let ended = table + names + replica.retired.count
        slice.end = max(slice.end, table + names + min(firstRetired(), replica.retired.count))
        while slice.end < ended {
            let position = slice.end - table - names
            if !replica.retired[position].isHole, retired(position) {
                guard fits(Encoding.chosen.bytes(ofRetiredAt: replica.retired[position].version)) else { return slice }
                slice.retired.append(position)
            }
            slice.end += 1
        }
        while slice.end < ended + excepted.count {
            let item = excepted[slice.end - ended]
            if exception(item) {
                guard fits(Encoding.chosen.maxBytes(ofExceptionOf: replica.sources[item.dot.source])) else {
                    return slice
                }
                slice.excepted.append(item)
            }
            slice.end += 1
        }
        return slice
    }
}

extension Store {
    /// The number of items of a whole vector.
    var vectorItems: Int { sources.count + sources.names.count + retired.count }
}
