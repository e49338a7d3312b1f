/// What still fits into a filling of a batch.
struct Room {
    var messages: Int
    /// In a datagram; on a stream there is no end.
    var bytes: Int

    /// Lines that name many sources are broken here on a stream, so that no receiver has to take a long one.
    static var longestLine: Int { 1000 }
    /// The first ones are shorter: some get across even on a link that breaks soon.
    static var shortestLine: Int { 125 }

    /// What the names of the sections of a vector take, beyond an empty one.
    static var sections: Int { Encoding.chosen.maxSectionBytes }

    /// The most that a part of a line with a source's id and up to three versions takes.
    static func cost(of source: Source) -> Int {
        Encoding.chosen.maxBytes(ofClaimOf: source)
    }

    /// The same of versions that are no higher than another one.
    static func cost(of source: Source, upTo version: Version) -> Int {
        Encoding.chosen.maxBytes(ofClaimOf: source, upTo: version)
    }
}

/// A piece of a version vector: items from a number on, as far as they fit into a line. Sources come first, then names, then
/// retired sources, then exceptions.
struct VectorSlice {
    var sources: [SourceID] = []
    var names: [NameID] = []
    var retired: [Int] = []
    var excepted: [CommitException] = []
    /// Where the next line has to begin.
    var end: Int

    var isEmpty: Bool { sources.isEmpty && names.isEmpty && retired.isEmpty && excepted.isEmpty }
}

extension Link {
    /// How many items a whole vector has.
    var vectorItems: Int { replica.sources.count + replica.sources.names.count + replica.retired.count }

    /// The items from a number on of which there is something to say, as far as they fit into `room` bytes of one line. On a
    /// stream at least one fits, however long its id. O(items passed).
    /// - Parameters:
    ///   - next: the first source from a number on of which there may be something to say; the others cost next to nothing.
    ///   - firstName: there is nothing to say of the names before this one. `firstRetired` likewise.
    func slice(
        from first: Int, within room: Int, excepted: [CommitException] = [], next: (Int) -> Int,
        source: (SourceID) -> Bool, firstName: () -> Int, name: (NameID) -> Bool, firstRetired: () -> Int,
        retired: (Int) -> Bool, exception: (CommitException) -> Bool = { _ in false }
    ) -> VectorSlice {
        var slice = VectorSlice(end: first)
        var left = room
        func fits(_ cost: Int) -> Bool {
            guard cost <= left || (slice.isEmpty && !isDatagram) else { return false }
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
                guard fits(Room.cost(of: replica.sources[id], upTo: max(replica.version, replica.highestPurged))) else {
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

    /// Appends a line if it fits; where nothing else stands in its way, and it still does not, that is to be reported.
    func append(within room: Room, asks: Bool = false, _ write: (inout MessageBuffer) -> Void) -> Bool {
        if room.bytes != .max, batch.measure(write) > room.bytes { return reportNoSpace(room) }
        batch.append(asks: asks, write)
        return true
    }

    /// As much of a progress as fits: ranges that there is no room for are left out, and come again. Without any of it less goes
    /// on than might, and nothing is lost.
    /// - Parameter measure: the bytes of the line with such a progress.
    func fitting(_ whole: Progress?, within bytes: Int, _ measure: (Progress?) -> Int) -> Progress? {
        var progress = whole
        while let count = progress?.ranges.count, measure(progress) > bytes {
            if count == 0 { return nil }
            progress?.ranges.removeLast(count - count * 3 / 4)
        }
        return progress
    }

    /// False; to be reported where nothing else is in the datagram.
    func reportNoSpace(_ room: Room) -> Bool {
        if batch.end == 0, failures.isEmpty {
            failures.append(Failure(.space, "no message fits a datagram of \(room.bytes) bytes"))
        }
        return false
    }
}
