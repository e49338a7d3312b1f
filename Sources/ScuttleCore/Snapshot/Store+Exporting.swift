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
        var text = MessageBuffer()
        var lines: UInt64 = 0
        func hand(_ write: (inout MessageBuffer) -> Void) -> Bool {
            text.clear()
            write(&text)
            lines += 1
            return visit(text.bytes)
        }
        guard hand({ $0.appendExport(exportHead) }) else { return }
        let empty = emptyPart
        for id in sources.inOrder() where sources[id].covered > 0 && (id != SourceTable.own || isOwnWorthSaving) {
            let source = sources[id]
            guard
                hand({ line in
                    line.appendVector(empty)
                    line.appendClaim(source, source.covered, source.purged, isFirst: true)
                    line.appendClaimsEnd(from: 0, to: 0, isLast: false)
                })
            else { return }
        }
        guard exportEnded(empty, hand), exportExceptions(hand) else { return }
        var goesOn = true
        arrivals.forEach(after: 0, in: keys) { record in
            goesOn = hand { $0.append(UpdateLine(of: record, in: self)) }
            return goesOn
        }
        guard goesOn, exportProgress(hand) else { return }
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

    /// Exports the claims of names and of retired sources: a line for each name, and one for some dozens of sources.
    func exportEnded(_ empty: VectorPart, _ hand: ((inout MessageBuffer) -> Void) -> Bool) -> Bool {
        for name in sources.names.ids where sources.names.isName(name) && sources.names[name].retirement > 0 {
            let facts = sources.names[name]
            let claim = NameClaim(
                name: sources.name(of: name), number: facts.retirement, state: facts.state, sequence: 0, hash: 0)
            guard
                hand({ line in
                    line.appendVector(empty)
                    line.appendName(claim, isFirst: true)
                    line.appendClaimsEnd(from: 0, to: 0, isLast: false)
                })
            else { return false }
        }
        var part = empty
        part.retiredFloor = retired.floor
        var positions = (0..<retired.count).filter { !retired[$0].isHole }[...]
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
    func exportExceptions(_ hand: ((inout MessageBuffer) -> Void) -> Bool) -> Bool {
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

    private static var retiredOfLine: Int { 64 }
}
