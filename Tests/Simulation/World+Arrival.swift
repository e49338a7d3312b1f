@testable import Scuttle

extension World {
    /// Bytes arrive; nothing that an honest replica says may be refused, unless something was done to it on its way.
    func arrive(_ bytes: [UInt8], at end: End, on wire: Wire, from sender: Int) throws {
        for byte in bytes { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01b3 }
        counts.bytes += bytes.count
        counts.noteDeltas(in: bytes)
        if trace != nil { say("\(sender) -> \(index(of: end.replica)): \(bytes.text)") }
        defer { if trace != nil { say("vector of \(index(of: end.replica)): \(vectorText(end.replica))") } }
        do {
            try end.write(bytes)
        } catch {
            guard isExpected(error, bytes, end, wire) else {
                throw SimulationFailure(
                    description: "\(index(of: end.replica)) refuses: \(error.code), \(error.detail); \(bytes.text)")
            }
            say("\(index(of: end.replica)) refuses: \(error.code), \(error.detail)")
        }
        try noneIsUnexpected()
    }

    private func isExpected(_ error: Failure, _ bytes: [UInt8], _ end: End, _ wire: Wire) -> Bool {
        if plan.middle != nil { return true }
        if refusals != nil, error.code == .refused { return true }
        if end.link.isDatagram, bytes.last != 0x0a, error.code == .json || error.code == .utf8 { return true }
        // What follows a line that did not come, or came twice, belongs to nothing; and so does what an intruder interrupts.
        return wire.isDisturbed && error.code == .unasked
    }

    func vectorText(_ replica: Replica) -> String {
        let sources = replica.sources.ids.filter { replica.sources[$0].number != .max }.map { id in
            let source = replica.sources[id]
            return "\(source.id.text):\(source.covered)/\(source.floor)/\(source.reach)/\(source.purged)"
        }
        let names = replica.sources.names.ids.filter { replica.sources.names.isName($0) }.map { id in
            let facts = replica.sources.names[id]
            return "\(replica.sources.name(of: id).text):\(facts.retirement).\(facts.state.rawValue)"
        }
        let retired = (0..<replica.retired.count).filter { !replica.retired[$0].isHole }.map { position in
            "\(replica.retired[position].low % 10_000):\(replica.retired[position].version)"
        }
        return sources.joined(separator: " ") + " names " + names.joined(separator: " ") + " retired "
            + retired.joined(separator: " ") + " epoch \(replica.epoch) ahead \(replica.aheadCount)"
    }

    func index(of replica: Replica) -> Int {
        replicas.firstIndex { $0 === replica } ?? -1
    }
}
