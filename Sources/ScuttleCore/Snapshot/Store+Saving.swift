/// Saves in pieces: see `scuttle_save`.
///
/// The first piece is an export. Each further piece has what has changed since the piece before it, which it names:
///
///     {"digest":true,"export":{"source":"…","lamport":N,"incarnation":N,"piece":[I,P],"follows":[I,P]}}⏎
///     {"digest":true,"vector":{…}}⏎ …     the sources, names and retired sources that have changed
///     {"digest":true,"refused":[…]}⏎ …    all exceptions, if one has changed: the head has "exceptions":true then
///     {"digest":true,"removed":[…]}⏎ …    the keys whose entry was removed
///     {"key":…}⏎ …                        the new entries, in order of arrival
///     {"digest":true,"end":N}⏎
///
/// A whole piece names no piece before it, and replaces all. An incomplete piece does not count.
extension Replica {
    /// Visits the lines of a piece with what has changed since a cursor; nothing if nothing has.
    /// - Returns: the cursor behind the piece, and whether the piece is whole; nil if `visit` returned false.
    public func save(from cursor: Cursor, _ visit: (Bytes) -> Bool) -> (cursor: Cursor, isWhole: Bool)? {
        republishInverted()
        var mark: SaveMarks.Mark?
        if !cursor.isStart, owns(cursor), removals.hasAll(after: cursor.position) {
            mark = saveMarks.mark(upTo: cursor.position)
        }
        guard let mark else {
            raiseLowWaterMark()
            let new = newMark(at: arrivals.skipSequence())
            let piece = PieceHead(cursor: self.cursor(at: new.position), follows: nil, hasExceptions: true)
            guard export(piece, visit) else { return nil }
            saveMarks.append(new)
            return (piece.cursor, true)
        }
        guard hasChanged(since: cursor.position, mark) else { return (cursor, false) }
        let new = newMark(at: arrivals.skipSequence())
        let piece = PieceHead(
            cursor: self.cursor(at: new.position), follows: saveMarks.piece(endingAt: cursor),
            hasExceptions: new.exceptions != mark.exceptions || new.exceptionCount != mark.exceptionCount)
        var text = ExportText()
        func hand(_ write: (inout MessageBuffer) -> Void) -> Bool { text.hand(write, to: visit) }
        guard export(piece, since: cursor.position, mark, new, hand), text.handEnd(to: visit) else { return nil }
        saveMarks.append(new)
        return (piece.cursor, false)
    }

    /// Returns the cursor of the import that this replica began with; the beginning, if it began otherwise or the import was no
    /// piece.
    public var importCursor: Cursor {
        saveMarks.imported.map { cursor(at: $0.position) } ?? Cursor()
    }

    /// Notes that the replica is what pieces say that end with one, so that a save may go on from there.
    func markImported(_ piece: Cursor) {
        let mark = newMark(at: arrivals.skipSequence())
        saveMarks.append(mark)
        saveMarks.imported = (piece, mark.position)
    }

    private func newMark(at position: Arrivals.Sequence) -> SaveMarks.Mark {
        SaveMarks.Mark(
            position: position, revision: revision,
            facts: SaveMarks.Mark.Facts(
                hasMetClassic: hasMetClassic, hasLeft: hasLeft, names: nameChanges, retiredFloor: retired.floor,
                ownCovered: isOwnWorthSaving ? own.covered : 0, ownPurged: isOwnWorthSaving ? own.purged : 0),
            exceptions: exceptionChanges, exceptionCount: refused?.count ?? 0, hasTicked: leases.hasTicked)
    }

    private func hasChanged(since position: Arrivals.Sequence, _ mark: SaveMarks.Mark) -> Bool {
        // A later save has passed a sequence, too.
        let new = newMark(at: position)
        return arrivals.last > position || removals.hasAny(after: position) || new.revision != mark.revision
            || new.facts != mark.facts || new.exceptions != mark.exceptions
            || new.exceptionCount != mark.exceptionCount || addsTime(to: mark)
    }

    /// Whether the entries with a time to live were saved before the first tick: their lines could not state when their age was
    /// counted.
    private func addsTime(to mark: SaveMarks.Mark) -> Bool {
        leases.hasTicked && !mark.hasTicked && expiries.first != nil
    }

    private func export(
        _ piece: PieceHead, since position: Arrivals.Sequence, _ mark: SaveMarks.Mark, _ new: SaveMarks.Mark,
        _ hand: HandLine
    ) -> Bool {
        var head = exportHead
        head.piece = piece
        guard hand({ $0.appendExport(head) }), exportVector(since: mark, new, hand),
            !piece.hasExceptions || exportExceptions(hand),
            exportRemovals(since: position, hand)
        else { return false }
        var goesOn = true
        if addsTime(to: mark) {
            keys.forEach { _, record in
                if record.lease != nil, record.arrival <= position { goesOn = exportEntry(record, hand) }
                return goesOn
            }
        }
        if goesOn {
            arrivals.forEach(after: position, in: keys) { record in
                goesOn = exportEntry(record, hand)
                return goesOn
            }
        }
        return goesOn
    }

    /// Exports the sources, names and retired sources that have changed since a mark. O(sources / 64 + those that have changed).
    private func exportVector(since mark: SaveMarks.Mark, _ new: SaveMarks.Mark, _ hand: HandLine) -> Bool {
        var index = nextChange(since: mark.revision + 1, from: 0, isBase: false)
        while index < sources.count {
            let source = sources[SourceID(truncatingIfNeeded: index)]
            if source.index != SourceTable.own, source.changedAt > mark.revision, source.covered > 0 {
                guard exportSource(source, hand) else { return false }
            }
            index = nextChange(since: mark.revision + 1, from: index + 1, isBase: false)
        }
        if isOwnWorthSaving,
            new.facts.ownCovered != mark.facts.ownCovered || new.facts.ownPurged != mark.facts.ownPurged
        {
            guard exportSource(own, hand) else { return false }
        }
        guard new.facts.names == mark.facts.names || exportNames(since: mark.revision, hand) else { return false }
        let first = retired.firstPosition(since: mark.revision)
        guard first < retired.count || new.facts.retiredFloor != mark.facts.retiredFloor else { return true }
        return exportRetired(from: first, hand)
    }

    /// Exports the keys without an entry whose entry was removed after a sequence, some in a line.
    private func exportRemovals(since position: Arrivals.Sequence, _ hand: HandLine) -> Bool {
        var gone = latest(of: removals.removals(after: position))[...]
        while !gone.isEmpty {
            guard
                hand({ line in
                    line.appendRemovedStart()
                    var bytes = 0
                    while let item = gone.first, bytes < Store.removedBytesOfLine {
                        line.appendKey(item.record.key, isFirst: bytes == 0)
                        bytes += item.record.key.count + 1
                        gone.removeFirst()
                    }
                    line.appendRemovedEnd()
                })
            else { return false }
        }
        return true
    }
}

extension Store {
    /// The bytes of removed keys behind which a line ends.
    fileprivate static var removedBytesOfLine: Int { 1024 }
}
