/// Saves in pieces: see `scuttle_save`.
///
/// The first piece is an export. Each further piece has what has changed since the piece before it, which it names:
///
///     {"digest":true,"export":{"source":"…","lamport":N,"incarnation":N,"piece":[I,P],"follows":[I,P]}}⏎
///     {"digest":true,"removed":"…"}⏎ …    each key whose entry was removed
///     {"key":…}⏎ …                        the new entries, in order of arrival
///     {"digest":true,"vector":{…}}⏎ …     the sources, names and retired sources that have changed
///     {"digest":true,"refused":[…]}⏎ …    all exceptions, if one has changed: the head has "exceptions":true then
///     {"digest":true,"end":N}⏎
///
/// A whole piece names no piece before it, and replaces all. An incomplete piece does not count. Cost: O(what has changed).
///
/// A piece may be written in several calls, between which the replica changes. Each call writes the keys that were removed since the
/// call before, and goes on in the order of arrival; all else comes with the last. Then the piece has each entry of the replica as it
/// is at the last call, and nothing else, because
///
/// - an entry stands at one sequence while it does not change. Its call is the one that passes this sequence, and it was there then,
///   for only later sequences can arrive;
/// - an entry that changes moves behind all sequences that were passed, so a later line of its key replaces the earlier one;
/// - an entry that is removed behind its call has a removal behind that call, so a later call names its key. If the removal was
///   dropped before, the piece begins anew as a whole one. If the key has an entry again, that one has a later line.
extension Replica {
    /// What a call of `save` has written.
    public struct Saved {
        /// The cursor behind it.
        public let cursor: Cursor
        /// Whether the piece replaces those before it.
        public let isWhole: Bool
        /// Whether the piece goes on with the next call.
        public let isOpen: Bool
    }

    /// Visits the lines of a piece with what has changed since a cursor; nothing if nothing has. If `visit` wants to pause at the
    /// line of an entry, the piece goes on with the call that gets this call's cursor.
    /// - Returns: nil if `visit` wanted to stop.
    public func save(from cursor: Cursor, _ visit: (Bytes) -> LineVisit) -> Saved? {
        republishInverted()
        let isFollowed = !cursor.isStart && owns(cursor) && removals.hasAll(after: cursor.position)
        let mark = isFollowed ? saveMarks.mark(upTo: cursor.position).flatMap { canFollow($0) ? $0 : nil } : nil
        if let mark {
            guard mark.open != nil || hasChanged(since: cursor.position, mark) else {
                return Saved(cursor: cursor, isWhole: false, isOpen: false)
            }
        } else {
            raiseLowWaterMark()
        }
        let position = arrivals.skipSequence()
        var next = mark ?? newMark(at: position)
        var open =
            next.open
            ?? SaveMarks.OpenPiece(
                isWhole: mark == nil, hasExceptions: mark == nil || haveExceptionsChanged(since: next),
                entriesUntil: mark == nil ? 0 : cursor.position)
        var text = ExportText(lines: open.lines)
        @inline(never)
        func hand(_ write: (inout MessageBuffer) -> Void) -> Bool { text.hand(write, to: visit) }

        if open.lines == 0 {
            (next.piece, next.hasMetClassic) = (position, hasMetClassic)
            var head = exportHead
            head.piece = PieceHead(
                cursor: self.cursor(at: position), follows: mark.map { saveMarks.piece(endingAt: cursor, $0) },
                hasExceptions: open.hasExceptions)
            guard hand({ $0.appendExport(head) }) else { return nil }
        }
        guard mark == nil || exportRemovals(since: cursor.position, hand) else { return nil }
        var goesOn = true
        if addsTime(to: next) {
            keys.forEach { _, record in
                if record.lease != nil, record.arrival <= open.entriesUntil {
                    goesOn = exportEntry(record, hasTime: true, hand)
                }
                return goesOn
            }
            guard goesOn else { return nil }
            next.hasTicked = true
        }
        var isPaused = false
        arrivals.forEach(after: open.entriesUntil, in: keys) { record in
            goesOn = exportEntry(record, hasTime: true, hand)
            open.entriesUntil = record.arrival
            isPaused = text.isPaused
            return goesOn && !isPaused
        }
        guard goesOn else { return nil }
        if isPaused {
            open.lines = text.lines
            (next.position, next.open) = (position, open)
        } else {
            guard exportRest(of: open, since: next, hand) else { return nil }
            let lines = text.lines
            guard hand({ $0.appendEnd(lines: lines) }) else { return nil }
            let piece = next.piece
            next = newMark(at: position)
            next.piece = piece
        }
        saveMarks.append(next)
        return Saved(cursor: self.cursor(at: position), isWhole: open.isWhole, isOpen: isPaused)
    }

    /// Exports what a piece has beside entries and removals.
    private func exportRest(of open: SaveMarks.OpenPiece, since mark: SaveMarks.Mark, _ hand: HandLine) -> Bool {
        guard exportClaims(since: open.isWhole ? nil : mark, hand) else { return false }
        guard !open.hasExceptions || exportExceptions(hand) else { return false }
        // A piece of several calls has other entries than the progress is about.
        return !open.isWhole || open.lines > 0 || exportProgress(hand)
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
            hasTicked: leases.hasTicked, piece: position)
    }

    /// Returns whether a piece can go on from a mark. Not if it is open and its head is not true any more.
    fileprivate func canFollow(_ mark: SaveMarks.Mark) -> Bool {
        guard let open = mark.open else { return true }
        return hasMetClassic == mark.hasMetClassic && (open.hasExceptions || !haveExceptionsChanged(since: mark))
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
    fileprivate func addsTime(to mark: SaveMarks.Mark) -> Bool {
        leases.hasTicked && !mark.hasTicked && expiries.first != nil
    }

    /// Exports the keys without an entry whose entry was removed after a sequence, a line each.
    fileprivate func exportRemovals(since position: Arrivals.Sequence, _ hand: HandLine) -> Bool {
        for number in latestRemovals(after: position, isDelete: false) {
            guard hand({ $0.appendRemoved(self.removals[number].record.key) }) else { return false }
        }
        return true
    }
}
