/// What the latest saves had of the replica beside its entries, so that the next save writes what has changed since.
///
/// A save that goes on from an older cursor uses an older mark, and writes more than it needs. Memory: 32 marks, because a host
/// whose file is compacted saves to two.
struct SaveMarks {
    struct Mark {
        /// The sequence of the save. Removals up to it are in the file.
        var position: Arrivals.Sequence
        /// The revision of the version vector, which changes with names and retired sources, too.
        let revision: UInt64
        let retiredFloor: Version
        /// The changes of exceptions to the vector, and their number: see `Store.exceptionChanges`.
        let exceptions: UInt64
        let exceptionCount: Int
        var hasMetClassic: Bool
        /// Whether the save named this replica's own source.
        let hasOwn: Bool
        /// Whether the host's time was known.
        var hasTicked: Bool

        /// The sequence in the head of the piece that ends here, or that goes on from here.
        var piece: Arrivals.Sequence
        /// Of a piece that goes on from here: what it has. The facts above, but for `position` and `hasMetClassic`, are then those
        /// since which it has to have what has changed.
        var open: OpenPiece?
    }

    /// A piece whose end is not written yet.
    struct OpenPiece {
        let isWhole: Bool
        /// Whether its head says that all exceptions are in it.
        let hasExceptions: Bool
        /// It has the entries up to this sequence.
        var entriesUntil: Arrivals.Sequence
        var lines: UInt64 = 0
    }

    /// In ascending order of positions.
    private var marks: [Mark] = []
    private static var capacity: Int { 32 }

    /// The last piece that was imported: its cursor, which names the incarnation that wrote it, and the position of the import here.
    var imported: (piece: Cursor, position: Arrivals.Sequence)?

    mutating func append(_ mark: Mark) {
        guard marks.count == Self.capacity else { return marks.append(mark) }
        for index in marks.indices.dropFirst() { marks[index - 1] = marks[index] }
        marks[marks.count - 1] = mark
    }

    /// Returns the mark of a position, or the latest before it that ends a piece; nil: there is none. The oldest marks are dropped
    /// first, so a position in the middle of a piece whose mark was dropped has none.
    func mark(upTo position: Arrivals.Sequence) -> Mark? {
        var index = marks.indices.partition { marks[$0].position > position } - 1
        while index >= 0, marks[index].open != nil, marks[index].position != position { index -= 1 }
        return index >= 0 ? marks[index] : nil
    }

    /// Returns the cursor by which an import knows the piece that ended at a cursor, which has a mark.
    func piece(endingAt cursor: Cursor, _ mark: Mark) -> Cursor {
        if let imported, imported.position == cursor.position { return imported.piece }
        let isMarked = mark.position == cursor.position
        return Cursor(incarnation: cursor.incarnation, position: isMarked ? mark.piece : cursor.position)
    }
}
