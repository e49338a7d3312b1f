/// Passes a line to the visitor of an export, and returns false if the visitor did.
typealias HandLine = ((inout MessageBuffer) -> Void) -> Bool

/// What a visitor of lines wants next.
public enum LineVisit {
    case goOn
    /// No further entry in this call: see `Replica.save`.
    case pause
    case stop
}

/// The line of an export that is being written, and the number of lines.
struct ExportText: ~Copyable {
    private var text = MessageBuffer()
    private(set) var lines: UInt64
    /// Whether the visitor wanted to pause behind the latest line.
    private(set) var isPaused = false

    /// - Parameter lines: the number of lines that earlier calls have written.
    init(lines: UInt64 = 0) {
        self.lines = lines
    }

    mutating func hand(_ write: (inout MessageBuffer) -> Void, to visit: (Bytes) -> LineVisit) -> Bool {
        text.clear()
        write(&text)
        lines += 1
        let next = visit(text.bytes)
        isPaused = next == .pause
        return next != .stop
    }
}

extension Replica {
    /// Visits the lines of an export: its head, the version vector, the entries with tombstones in order of arrival, the
    /// progress of peers' deltas, and an end. A replica of the same name that loads them continues from there. Stops if `visit`
    /// returns false. O(bytes held).
    ///
    ///     {"digest":true,"export":{"source":"…","lamport":N,"incarnation":N,"now":N}}⏎
    ///     {"digest":true,"vector":{…}}⏎ …
    ///     {"digest":true,"refused":[…]}⏎ …
    ///     {"key":…}⏎ …
    ///     {"digest":true,"got":{…}}⏎ …
    ///     {"digest":true,"end":N}⏎
    public func export(_ visit: (Bytes) -> Bool) {
        republishInverted()
        raiseLowWaterMark()
        var text = ExportText()
        @inline(never)
        func hand(_ write: (inout MessageBuffer) -> Void) -> Bool {
            text.hand(write, to: { visit($0) ? .goOn : .stop })
        }
        guard hand({ $0.appendExport(exportHead) }), exportClaims(since: nil, hand), exportExceptions(hand) else {
            return
        }
        var goesOn = true
        arrivals.forEach(after: 0, in: keys) { record in
            goesOn = exportEntry(record, hasTime: false, hand)
            return goesOn
        }
        guard goesOn, exportProgress(hand) else { return }
        let lines = text.lines
        _ = hand { $0.appendEnd(lines: lines) }
    }
}

extension Store {
    var exportHead: ExportHead {
        ExportHead(
            source: id, lamport: version, incarnation: incarnation, hasMetClassic: hasMetClassic,
            now: expiries.first == nil ? nil : leases.hostTime)
    }

    /// An empty part of a vector, for one claim.
    var emptyPart: VectorPart {
        VectorPart(
            incarnation: incarnation, epoch: epoch, nonce: 0, since: 0, until: revision, from: 0, to: 0, isLast: false,
            lamport: version, progress: nil, claims: [])
    }

    /// Whether the export names this replica's own source. Not if the source has issued nothing and no peer has its low-water
    /// mark: a replica that starts often would leave sources behind that no peer knows. The next start claims the same mark.
    var isOwnWorthSaving: Bool {
        isOwnKnown || hasMetClassic || !SourceName.endsInIncarnation(id) || sources.names[own.name].retirement > 0
    }

    /// Exports an entry.
    /// - Parameter hasTime: whether the line of an entry with a time to live states when its age was counted. A line that may
    ///   stand behind those of another time has to.
    @inline(never)
    func exportEntry(_ record: Record, hasTime: Bool, _ hand: HandLine) -> Bool {
        hand { line in
            if hasTime, record.lease != nil, let now = leases.hostTime {
                line.append(UpdateLine(of: record, in: self), at: now)
            } else {
                line.append(UpdateLine(of: record, in: self))
            }
        }
    }

    /// Exports the sources, names and retired sources; with a mark those that have changed since.
    /// O(sources / 64 + those that have changed).
    @inline(never)
    func exportClaims(since mark: SaveMarks.Mark?, _ hand: HandLine) -> Bool {
        let revision = mark?.revision ?? 0
        if let mark {
            guard exportSources(since: mark, hand) else { return false }
        } else {
            for id in sources.inOrder() { guard exportSource(sources[id], hand) else { return false } }
        }
        guard exportNames(since: revision, hand) else { return false }
        let first = mark == nil ? 0 : retired.firstPosition(since: revision)
        guard mark == nil || first < retired.count || retired.floor != mark?.retiredFloor else { return true }
        return exportRetired(from: first, hand)
    }

    private func exportSources(since mark: SaveMarks.Mark, _ hand: HandLine) -> Bool {
        if !mark.hasOwn, isOwnWorthSaving, own.changedAt <= mark.revision {
            guard exportSource(own, hand) else { return false }
        }
        var index = -1
        while true {
            index = nextChange(since: mark.revision + 1, from: index + 1, isBase: false)
            guard index < sources.count else { return true }
            let source = sources[SourceID(truncatingIfNeeded: index)]
            guard source.changedAt <= mark.revision || exportSource(source, hand) else { return false }
        }
    }

    /// Exports what is known of a source, if it is worth saving.
    func exportSource(_ source: Source, _ hand: HandLine) -> Bool {
        guard source.covered > 0, source.index != SourceTable.own || isOwnWorthSaving else { return true }
        return hand { line in
            line.appendVector(emptyPart)
            line.appendClaim(source, source.covered, source.purged, isFirst: true)
            line.appendClaimsEnd(from: 0, to: 0, isLast: false)
        }
    }

    /// Exports the retired names that have changed since a revision, a line each. O(names).
    func exportNames(since revision: UInt64, _ hand: HandLine) -> Bool {
        for name in sources.names.ids where sources.names.isName(name) && sources.names[name].retirement > 0 {
            let entry = sources.names[name]
            guard entry.changedAt > revision else { continue }
            let claim = NameClaim(
                name: sources.name(of: name), number: entry.retirement, state: entry.state, sequence: 0, hash: 0)
            guard
                hand({ line in
                    line.appendVector(emptyPart)
                    line.appendName(claim, isFirst: true)
                    line.appendClaimsEnd(from: 0, to: 0, isLast: false)
                })
            else { return false }
        }
        return true
    }

    /// Exports the retired sources from a position on, some dozens in a line, and their floor.
    func exportRetired(from first: Int, _ hand: HandLine) -> Bool {
        var part = emptyPart
        part.retiredFloor = retired.floor
        var positions = (first..<retired.count).filter { !retired[$0].isHole }[...]
        while !positions.isEmpty || retired.floor > 0 {
            let line = positions.prefix(Store.retiredOfLine)
            positions = positions.dropFirst(Store.retiredOfLine)
            guard
                hand({ text in
                    text.appendVector(part)
                    for (index, position) in line.enumerated() {
                        text.appendRetired(RetiredClaim(self.retired[position]), isFirst: index == 0)
                    }
                    text.appendClaimsEnd(from: 0, to: 0, isLast: false, hasRetired: !line.isEmpty)
                })
            else { return false }
            if positions.isEmpty { break }
        }
        return true
    }

    /// Exports the exceptions to the vector, a line each.
    func exportExceptions(_ hand: HandLine) -> Bool {
        guard let refused else { return true }
        for position in 0..<refused.count {
            let entry = refused[position]
            guard
                hand({ line in
                    line.beginRefused()
                    line.appendException(
                        self.sources[entry.dot.source], entry.dot.version, entry.reason, isFirst: true)
                    line.appendRefusedEnd(isAnew: false)
                })
            else { return false }
        }
        return true
    }

    /// Changes when an exception to the vector does.
    var exceptionChanges: UInt64 { (refused?.lastSequence ?? exceptionSequence) &+ endedExceptions }

    private static var retiredOfLine: Int { 64 }
}
