@testable import ScuttleCore

/// An intruder writes messages into a link that were not requested.
extension World {
    func intrude() throws {
        guard plan.faults.hasIntruder || plan.faults.replaysLinks else { return }
        let wire = random.pick(wires)
        let side = random.below(2)
        guard wire.isUp, wire.ends[side].isExtended, wire.ends[side].isBetweenLines else { return }
        counts.intrusions += 1
        if plan.faults.replaysLinks { return try replay(wire, to: side) }
        let lines =
            random.oneIn(2)
            ? UnaskedDelta.lines(of: wire.receivedEarlier[1 - side])
            : UnaskedDelta.invent(from: wire.ends[1 - side], to: wire.ends[side], &random)
        guard !lines.isEmpty else { return }
        try intrude(lines, wire.ends[side])
        // A delta of the peer is interrupted.
        wire.isDisturbed = true
    }

    /// Writes all bytes of the previous link again, from its hello on.
    private func replay(_ wire: Wire, to side: Int) throws {
        let bytes = wire.receivedEarlier[1 - side]
        guard !bytes.isEmpty else { return }
        say("an intruder replays \(bytes.count) bytes to \(wire.edge.sides[side]): \(bytes.text)")
        wire.isDisturbed = true
        var whole = bytes
        if whole.last != 0x0a { whole.append(0x0a) }
        try? wire.ends[side].write(whole)
        try noneIsUnexpected()
    }

    /// Writes a delta that must change nothing: an error on streams, and ignored on datagrams.
    private func intrude(_ lines: [UInt8], _ end: End) throws {
        // The pending work of any call, and of an export, is done first; and that of the call after an export.
        for _ in 0..<2 {
            try end.write([])
            _ = exported(end.replica)
        }
        let (vector, before) = (end.replica.dotHash, exported(end.replica))
        say("an intruder says to \(index(of: end.replica)): \(lines.text)")
        var thrown: Failure?
        do { try end.write(lines) } catch { thrown = error }
        guard exported(end.replica) == before, end.replica.dotHash == vector else {
            throw SimulationFailure(
                description:
                    "replica \(index(of: end.replica)) applies a delta that it has not requested: \(lines.text)")
        }
        guard end.link.isDatagram ? thrown == nil : thrown?.code == .unasked else {
            throw SimulationFailure(
                description: "replica \(index(of: end.replica)) says \(thrown?.detail ?? "nothing") to \(lines.text)")
        }
        try noneIsUnexpected()
    }
}
