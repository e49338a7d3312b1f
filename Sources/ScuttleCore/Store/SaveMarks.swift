/// What the latest saves had of the replica beside its entries, so that the next save writes what has changed since.
///
/// A save that goes on from an older cursor uses an older mark, and writes more than it needs. Memory: 16 marks.
struct SaveMarks {
    struct Mark {
        /// The sequence of the save.
        let position: Arrivals.Sequence
        /// The revision of the version vector, which changes with names and retired sources, too.
        let revision: UInt64
        let retiredFloor: Version
        /// The changes of exceptions to the vector, and their number: see `Store.exceptionChanges`.
        let exceptions: UInt64
        let exceptionCount: Int
        let hasMetClassic: Bool
        /// Whether the save named this replica's own source.
        let hasOwn: Bool
        /// Whether the host's time was known.
        let hasTicked: Bool
    }

    /// In ascending order of positions.
    private var marks: [Mark] = []
    private static var capacity: Int { 16 }

    /// The last piece that was imported: its cursor, which names the incarnation that wrote it, and the position of the import here.
    var imported: (piece: Cursor, position: Arrivals.Sequence)?

    mutating func append(_ mark: Mark) {
        guard marks.count == Self.capacity else { return marks.append(mark) }
        for index in marks.indices.dropFirst() { marks[index - 1] = marks[index] }
        marks[marks.count - 1] = mark
    }

    /// Returns the latest mark that is not above a position; nil: there is none.
    func mark(upTo position: Arrivals.Sequence) -> Mark? {
        let above = marks.indices.partition { marks[$0].position > position }
        return above > 0 ? marks[above - 1] : nil
    }

    /// Returns the cursor by which an import knows the piece that ended at a cursor.
    func piece(endingAt cursor: Cursor) -> Cursor {
        if let imported, imported.position == cursor.position { return imported.piece }
        return cursor
    }
}
