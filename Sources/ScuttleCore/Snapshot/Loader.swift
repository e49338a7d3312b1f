/// Builds a new replica from the lines of a save, or from lines of updates alone.
///
/// A save is an export, or a whole piece with the pieces that go on from it. Each is a `SavedPart`, whose lines are kept until its
/// end, and then change the replica together, in their order. Loading calls no callbacks and leaves the history empty. The
/// indices are built at the end, in order of version, whatever the order of lines: O(n log n).
public struct Loader {
    private let replica: Replica
    /// The part whose lines are being loaded, until its end; and the lines without a head.
    private var open: SavedPart?
    private let headless = SavedPart()
    /// The complete parts.
    private var saved: SavedPart?
    private var lines: UInt64 = 0

    /// - Parameter replica: a replica on which no other call was made.
    public init(_ replica: Replica) {
        self.replica = replica
    }

    /// Loads the head of an export or of a piece.
    /// - Throws: `.message` if it stands in the midst of other lines, or does not go on from the piece before; `.id`, `.nul`,
    ///   `.version`.
    public mutating func load(_ head: ExportHead) throws(Failure) {
        try Limits.check(clockOf: head.source, at: head.lamport)
        if let follows = head.piece?.follows {
            guard open == nil, follows == saved?.head?.piece?.cursor else {
                throw Failure(.message, "a piece of a save does not go on from the piece before it")
            }
        } else if lines > 0, head.piece == nil || (saved == nil && open?.head?.piece == nil) {
            throw Failure(.message, "the head of an export is line \(lines + 1); it must be line 1")
        }
        // Another name is another host, whose clock may differ.
        let isOwn = head.source.nameOfSource.equals(replica.name)
        replica.isLoadingOwn = isOwn
        if let now = head.now, isOwn { replica.leases.goOn(from: now) }
        if head.hasMetClassic { replica.hasMetClassic = true }
        open = SavedPart(
            SavedPart.Head(lamport: head.lamport, incarnation: head.incarnation, piece: head.piece, isOwn: isOwn))
        lines += 1
    }

    /// Loads an update.
    /// - Throws: the errors of `Link.receive` for a rejected update.
    public mutating func load(_ update: IncomingUpdate) throws(Failure) {
        try replica.check(update, from: replica.sources.recall(update.source))
        try replica.checkRoom()
        try replica.checkMemory(for: update.key, update.value)
        let id = try replica.sourceID(for: update.source)
        let record = try replica.record(of: aged(update), as: Dot(source: id, version: update.version))
        replica.version = max(replica.version, update.version)
        countLine()
        guard let open else {
            enter(record)
            record.release()
            return
        }
        open.append(record)
    }

    /// Returns an update of a store or a piece with the age that it has now: its line's, and the host's time that has passed since.
    /// The line of a later call than the head's has a later time.
    private func aged(_ update: IncomingUpdate) -> IncomingUpdate {
        guard replica.isLoadingOwn, update.ageAt > 0 else { return update }
        let now = Int64(truncatingIfNeeded: replica.leases.hostTime ?? 0)
        guard now > update.ageAt else {
            if now < update.ageAt { replica.leases.goOn(from: UInt64(truncatingIfNeeded: update.ageAt)) }
            return update
        }
        return IncomingUpdate(
            key: update.key, value: update.value, source: update.source, version: update.version, kind: update.kind,
            written: update.written, timeToLive: update.timeToLive,
            age: update.age + UInt64(truncatingIfNeeded: now - update.ageAt))
    }

    /// Loads the claims of sources.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func load(_ claims: [SourceClaim]) throws(Failure) {
        for claim in claims {
            try Limits.check(clockOf: claim.source, at: claim.covered)
            guard claim.purged <= claim.covered else {
                throw Failure(.version, "GC version \(claim.purged) of a source is above its version \(claim.covered)")
            }
            (open ?? headless).vector.append((try replica.sourceID(for: claim.source), claim.covered, claim.purged))
        }
        countLine()
    }

    /// Loads the claims of names and of retired sources in a line of claims.
    public func load(ended part: VectorPart) {
        let current = open ?? headless
        for claim in part.names { current.names.append(([UInt8](claim.name), claim.number, claim.state)) }
        current.retired += part.retired
        current.retiredFloor = max(current.retiredFloor, part.retiredFloor)
    }

    /// Returns the error for an update that was readable and is rejected.
    public func failure(of update: IncomingUpdate, _ code: Failure.Code) -> Failure {
        replica.configuration.limits.failure(of: update, code)
    }

    /// Loads exceptions to the vector. If the previous incarnation refused an update, this one may accept it.
    /// - Throws: `.id`, `.nul`, `.version`, `.sources`.
    public mutating func load(exceptions claims: [ExceptionClaim]) throws(Failure) {
        for claim in claims {
            try Limits.check(clockOf: claim.source, at: claim.version)
            (open ?? headless).exceptions.append(
                Dot(source: try replica.sourceID(for: claim.source), version: claim.version))
        }
        countLine()
    }

    /// Loads a key whose entry was removed since the piece before.
    public mutating func load(removed key: Bytes) {
        open?.appendRemoved(key)
        countLine()
    }

    /// Loads the progress of a delta.
    public mutating func load(_ saved: SavedProgress) {
        open?.progress.append(saved)
        countLine()
    }

    private mutating func countLine() {
        lines += 1
        open?.lines += 1
    }

    /// Loads the end of an export or of a piece, which is complete then.
    /// - Throws: `.message` if the count of lines is not that of the export.
    public mutating func load(endAfter count: UInt64) throws(Failure) {
        guard let part = open, count == part.lines else {
            throw Failure(.message, "the export has \(open?.lines ?? 0) lines; its end says \(count)")
        }
        lines += 1
        open = nil
        if part.follows {
            saved?.add(part)
        } else {
            if saved != nil { replica.removeLoadedEntries() }
            saved = part
        }
        apply(part)
    }

    /// Changes the entries by the lines of a part, in their order.
    private func apply(_ part: SavedPart) {
        let isPiece = part.head?.piece != nil
        var entered = 0
        func enter(upTo end: Int) {
            while entered < end {
                let record = part.records[entered]
                // The entry of an earlier line has lost to this one, or was removed.
                if !isPiece || !replica.replaceLoaded(with: record) { self.enter(record) }
                entered += 1
            }
        }
        for index in part.removed.indices {
            enter(upTo: part.recordsBefore[index])
            part.removed[index].withUnsafeBytes { replica.removeLoaded($0) }
        }
        enter(upTo: part.records.count)
        part.releaseRecords()
    }

    private func enter(_ record: Record) {
        let hash = replica.keys.hash(of: record.key)
        replica.resolve(record, replica.keys.find(record.key, hash), hash)?.loser?.release()
    }

    /// Builds the indices. Returns false if the last part lacks its end. If that is the only one, its entries are loaded, but the
    /// vector stays empty, so that peers send the missing updates again; otherwise it counts for nothing. The vector stays empty
    /// for lines of updates alone, too.
    /// - Throws: `.version` if two keys have one version of one source.
    public mutating func finish() throws(Failure) -> Bool {
        replica.isLoadingOwn = false
        let isWhole = open == nil
        if saved == nil, let open { apply(open) }
        if let head = (saved ?? open)?.head {
            replica.version = max(replica.version, head.lamport)
            replica.incarnation = (replica.incarnation ^ (head.incarnation &* 0x9e37_79b9_7f4a_7c15)) & .highest
        }
        // A vector without all of its exceptions would vouch for updates that are missing.
        let exceptions = headless.exceptions + (saved?.exceptions ?? [])
        let vouches = exceptions.count <= replica.configuration.maxRefused
        if vouches {
            if let saved { claim(saved) }
            claim(headless)
            replica.dropSurplusRetired()
        }
        try enlist()
        // An exact source continues after its highest known version.
        if replica.own.entries.liveCount > 0 || replica.own.covered > 0 {
            replica.cover(SourceTable.own, upTo: replica.version)
        }
        if vouches {
            for dot in exceptions where replica.entry(of: dot) == nil {
                _ = replica.noteException(dot, reason: 0)
            }
        }
        for id in replica.sources.ids {
            replica.sources[id].raiseFloor(to: replica.sources[id].covered)
        }
        guard vouches, let saved, let head = saved.head, head.isOwn else { return isWhole }
        // The progress counts with all entries of the export, and only with those.
        if saved.updates == replica.keys.idLimit { replica.resumeProgress(saved.progress) }
        if let piece = head.piece { replica.markImported(piece.cursor) }
        return isWhole
    }

    /// Applies the claims of a part. A retired source may stand in full in an earlier part.
    private func claim(_ part: SavedPart) {
        for claim in part.vector {
            let source = replica.sources[claim.source]
            replica.cover(source, upTo: claim.covered)
            replica.notePurged(source, claim.purged)
        }
        for claim in part.retired { _ = replica.adopt(claim, isReset: true) }
        replica.raiseRetiredFloor(to: part.retiredFloor)
        for saved in part.names {
            saved.name.withUnsafeBytes { name in
                replica.merge(
                    NameClaim(name: name, number: saved.number, state: saved.state, sequence: 0, hash: 0))
            }
        }
    }

    private func enlist() throws(Failure) {
        var entries: [(key: KeyID, record: Record)] = []
        replica.keys.forEach { key, record in
            entries.append((key, record))
            return true
        }
        entries = entries.arranged {
            ($0.record.version, $0.record.source) < ($1.record.version, $1.record.source)
        }
        for index in entries.indices.dropFirst() {
            let (a, b) = (entries[index - 1].record, entries[index].record)
            guard a.version != b.version || a.source != b.source else {
                throw Failure(.version, "two keys have version \(a.version) of one source")
            }
        }
        for (key, record) in entries { replica.enlist(record, key) }
    }
}

extension Store {
    /// Replaces the entry of a key that is not in the indices yet. False if the key has none.
    fileprivate func replaceLoaded(with record: Record) -> Bool {
        guard let id = keys.find(record.key), let current = keys[id] else { return false }
        record.retain()
        keys.replace(id, current, with: record)
        current.release()
        return true
    }

    /// Removes the entry of a key that is not in the indices yet.
    fileprivate func removeLoaded(_ key: Bytes) {
        guard let id = keys.find(key), let record = keys[id] else { return }
        keys.remove(id, record)
        order.noteRemoval(from: &keys)
        record.release()
    }

    fileprivate func removeLoadedEntries() {
        for id in 0..<KeyID(truncatingIfNeeded: keys.idLimit) {
            if let record = keys[id] { removeLoaded(record.key) }
        }
    }
}

extension Replica {
    /// Whether no call has changed the replica yet.
    public var isNew: Bool {
        version == 0 && sources.count == 1 && keys.idLimit == 0 && linkTable.links.isEmpty && !leases.hasTicked
    }
}
