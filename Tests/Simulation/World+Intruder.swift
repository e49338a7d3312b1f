@testable import Scuttle

/// Somebody writes into a link what nobody has asked for.
extension World {
    func intrude() throws {
        guard plan.faults.hasIntruder || plan.faults.replaysLinks else { return }
        let wire = random.pick(wires)
        let side = random.below(2)
        guard wire.isUp, wire.ends[side].isExtended, wire.ends[side].isBetweenLines else { return }
        counts.intrusions += 1
        if plan.faults.replaysLinks { return try replay(wire, to: side) }
        let lines = random.oneIn(2) ? deltaLines(of: wire.heardEarlier[1 - side]) : inventedDelta(wire, to: side)
        guard !lines.isEmpty else { return }
        try intrude(lines, wire.ends[side])
        // A delta of the peer's is interrupted.
        wire.isDisturbed = true
    }

    /// All that came over the link before this one, from its hello on.
    private func replay(_ wire: Wire, to side: Int) throws {
        let bytes = wire.heardEarlier[1 - side]
        guard !bytes.isEmpty else { return }
        say("an intruder replays \(bytes.count) bytes to \(wire.edge.sides[side]): \(bytes.text)")
        wire.isDisturbed = true
        var whole = bytes
        if whole.last != 0x0a { whole.append(0x0a) }
        try? wire.ends[side].write(whole)
        try noneIsUnexpected()
    }

    /// Writes a delta that is to change nothing: an error on streams, and nothing on datagrams.
    private func intrude(_ lines: [UInt8], _ end: End) throws {
        // What any call does, and an export, is done before.
        try end.write([])
        _ = exported(end.replica)
        let (vector, before) = (end.replica.clockHash, exported(end.replica))
        say("an intruder says to \(index(of: end.replica)): \(lines.text)")
        var thrown: Failure?
        do { try end.write(lines) } catch { thrown = error }
        guard exported(end.replica) == before, end.replica.clockHash == vector else {
            throw SimulationFailure(
                description: "replica \(index(of: end.replica)) takes what it did not ask for: \(lines.text)")
        }
        guard end.link.isDatagram ? thrown == nil : thrown?.code == .unasked else {
            throw SimulationFailure(
                description: "replica \(index(of: end.replica)) says \(thrown?.detail ?? "nothing") to \(lines.text)")
        }
        try noneIsUnexpected()
    }

    /// The updates, covers and commits in some bytes, from the first head of a delta on.
    private func deltaLines(of bytes: [UInt8]) -> [UInt8] {
        let lines = bytes.split(separator: 0x0a).filter { line in
            let text = line.text
            let isWhole = text.count { $0 == "{" } == text.count { $0 == "}" }
            return ["{\"digest\":true,\"delta\"", "{\"digest\":true,\"cover\"", "{\"digest\":true,\"commit\"", "{\"key\""]
                .contains { text.hasPrefix($0) } && isWhole
        }
        guard let first = lines.firstIndex(where: { $0.text.contains("\"delta\":{\"mode\"") }) else { return [] }
        return Array(lines[first...].joined(separator: [0x0a])) + [0x0a]
    }

    /// A delta that the peer makes up: with the names that it knows, and a request that was not made, or not for this.
    private func inventedDelta(_ wire: Wire, to side: Int) -> [UInt8] {
        let (victim, peer) = (wire.ends[side], wire.ends[1 - side])
        let asked = peer.link.peer.nonce
        let (mode, nonce): (DeltaMode, UInt64) =
            switch random.below(3) {
            case 0 where asked & 3 == 0 && asked > 0: (random.pick([.state, .reset, .early, .contents]), asked)
            case 1 where asked & 3 == 1: (.contents, asked)
            default: (random.pick(DeltaMode.allCases), random.pick([0, 1, asked &+ 1 << 40, random.next() >> 11]))
            }
        let replica = victim.replica
        let head = DeltaHead(
            mode: mode, incarnation: replica.incarnation, epoch: replica.epoch, nonce: nonce, delta: 7,
            span: victim.link.isDatagram && mode.endsWithCommit ? (0, 0, 1) : nil, pauses: false)
        var text = ByteBuffer()
        text.appendDelta(head)
        var out = Array(text.bytes)
        let source = peer.replica.sources[SourceTable.own].quoted.text
        let version = max(replica.version, peer.replica.version) + 1
        for key in 0..<random.below(3) {
            out += [UInt8]("{\"key\":\"k\(key)\",\"value\":666,\"source_id\":\(source),\"version\":\(version + UInt64(key))}\n".utf8)
        }
        let end =
            mode == .log
            ? "{\"digest\":true,\"cover\":{\(source):[0,\(version + 9)]},\"lines\":[0,\"00000000\"]}\n"
            : "{\"digest\":true,\"commit\":{\"delta\":7,\"sequence\":0,\"sources\":{\(source):[0,\(version + 9),\(version)]},\"from\":0,\"to\":9,\"last\":true}}\n"
        return out + [UInt8](end.utf8)
    }
}
