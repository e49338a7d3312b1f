/// Saves in pieces: see `scuttle_save`.
///
/// The first piece is an export. Each further piece has what has changed since the piece before it, which it names:
///
///     {"digest":true,"export":{"source":"…","lamport":N,"incarnation":N,"piece":[I,P],"follows":[I,P]}}⏎
///     {"digest":true,"vector":{…}}⏎ …     the sources, names and retired sources that have changed
///     {"digest":true,"refused":[…]}⏎ …    all exceptions, if one has changed: the head has "exceptions":true then
///     {"digest":true,"removed":"…"}⏎ …    each key whose entry was removed
///     {"key":…}⏎ …                        the new entries, in order of arrival
///     {"digest":true,"end":N}⏎
///
/// A whole piece names no piece before it, and replaces all. An incomplete piece does not count. Cost: O(what has changed).
extension Replica {
    /// Visits the lines of a piece with what has changed since a cursor; nothing if nothing has.
    /// - Returns: the cursor behind the piece, and whether the piece is whole; nil if `visit` returned false.
    public func save(from cursor: Cursor, _ visit: (Bytes) -> Bool) -> (cursor: Cursor, isWhole: Bool)? {
        republishInverted()
        let isFollowed = !cursor.isStart && owns(cursor) && removals.hasAll(after: cursor.position)
        let mark = isFollowed ? saveMarks.mark(upTo: cursor.position) : nil
        if let mark {
            guard hasChanged(since: cursor.position, mark) else { return (cursor, false) }
        } else {
            raiseLowWaterMark()
        }
        let new = newMark(at: arrivals.skipSequence())
        let piece = PieceHead(
            cursor: self.cursor(at: new.position), follows: mark.map { _ in saveMarks.piece(endingAt: cursor) },
            hasExceptions: mark.map { haveExceptionsChanged(since: $0) } ?? true)
        guard export(piece, since: mark, cursor.position, visit) else { return nil }
        saveMarks.append(new)
        return (piece.cursor, mark == nil)
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
}

extension Store {
    @inline(never)
    fileprivate func newMark(at position: Arrivals.Sequence) -> SaveMarks.Mark {
        SaveMarks.Mark(
            position: position, revision: revision, retiredFloor: retired.floor, exceptions: exceptionChanges,
            exceptionCount: refused?.count ?? 0, hasMetClassic: hasMetClassic, hasOwn: isOwnWorthSaving,
            hasTicked: leases.hasTicked)
    }

    fileprivate func hasChanged(since position: Arrivals.Sequence, _ mark: SaveMarks.Mark) -> Bool {
        // A later save has passed a sequence, too.
        arrivals.last > position || removals.hasAny(after: position) || revision != mark.revision
            || haveExceptionsChanged(since: mark) || hasMetClassic != mark.hasMetClassic
            || isOwnWorthSaving != mark.hasOwn || addsTime(to: mark)
    }

    fileprivate func haveExceptionsChanged(since mark: SaveMarks.Mark) -> Bool {
        exceptionChanges != mark.exceptions || refused?.count ?? 0 != mark.exceptionCount
    }

    /// Returns whether the entries with a time to live were saved before the first tick: their lines could not state when their
    /// age was counted.
    func addsTime(to mark: SaveMarks.Mark) -> Bool {
        leases.hasTicked && !mark.hasTicked && expiries.first != nil
    }

    /// Exports the sources, names and retired sources that have changed since a mark. O(sources / 64 + those that have changed).
    func exportVector(since mark: SaveMarks.Mark, _ hand: HandLine) -> Bool {
        if !mark.hasOwn, isOwnWorthSaving, own.changedAt <= mark.revision {
            guard exportSource(own, hand) else { return false }
        }
        var index = -1
        while true {
            index = nextChange(since: mark.revision + 1, from: index + 1, isBase: false)
            guard index < sources.count else { break }
            let source = sources[SourceID(truncatingIfNeeded: index)]
            guard source.changedAt <= mark.revision || exportSource(source, hand) else { return false }
        }
        let first = retired.firstPosition(since: mark.revision)
        guard exportNames(since: mark.revision, hand) else { return false }
        guard first < retired.count || retired.floor != mark.retiredFloor else { return true }
        return exportRetired(from: first, hand)
    }

    /// Exports the keys without an entry whose entry was removed after a sequence, a line each.
    func exportRemovals(since position: Arrivals.Sequence, _ hand: HandLine) -> Bool {
        for number in latestRemovals(after: position, isDelete: false) {
            guard hand({ $0.appendRemoved(self.removals[number].record.key) }) else { return false }
        }
        return true
    }
}
