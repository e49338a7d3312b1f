extension Replica {
    /// Hands out all that this replica is, line by line: who it is, its clock, its entries with tombstones in order of
    /// arrival, what is to expire, and an end. A replica of the same id that loads them goes on as this one. Stops where
    /// `visit` returns false. O(bytes held).
    ///
    ///     {"digest":true,"export":{"id":"…","lamport":N,"life":N}}⏎
    ///     {"digest":true,"clock":{…}}⏎ …
    ///     {"key":…}⏎ …
    ///     {"digest":true,"expiry":{"version":N,"at":N}}⏎ …
    ///     {"digest":true,"end":N}⏎
    public func export(_ visit: (Bytes) -> Bool) {
        renewPromise()
        var text = ByteBuffer()
        var lines: UInt64 = 0
        func hand(_ write: (inout ByteBuffer) -> Void) -> Bool {
            text.clear()
            write(&text)
            lines += 1
            return visit(text.bytes)
        }
        let head = ExportHead(id: id, lamport: version, life: life, hasMetClassic: hasMetClassic)
        guard hand({ $0.appendExport(head) }) else { return }
        let empty = VectorPart(
            life: life, epoch: epoch, since: 0, until: revision, from: 0, to: 0, isLast: false, lamport: version,
            progress: nil, claims: [])
        for id in sources.inOrder() where sources[id].covered > 0 {
            let source = sources[id]
            guard
                hand({ line in
                    line.appendClock(empty)
                    line.appendClaim(source, source.covered, source.purged, isFirst: true)
                    line.appendClaimsEnd(from: 0, to: 0, isLast: false)
                })
            else { return }
        }
        var goesOn = true
        arrivals.forEach(after: 0, in: keys) { record in
            goesOn = hand { $0.append(UpdateLine(of: record, from: self.sources[record.source])) }
            return goesOn
        }
        guard goesOn else { return }
        for item in expiries.items where isCurrent(item) {
            guard hand({ $0.appendExpiry(item.version, at: item.number) }) else { return }
        }
        _ = hand { $0.appendEnd(lines: lines) }
    }
}
