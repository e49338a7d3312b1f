@testable import ScuttleCore

extension World {
    /// Delivers bytes. No message of an honest replica may be rejected, unless it was disturbed on its way.
    func arrive(_ bytes: [UInt8], at end: End, on wire: Wire, from sender: Int) throws {
        for byte in bytes { fingerprint = (fingerprint ^ UInt64(byte)) &* 0x100_0000_01b3 }
        counts.bytes += bytes.count
        counts.noteDeltas(in: bytes)
        if trace != nil { say("\(sender) -> \(index(of: end.replica)): \(bytes.text)") }
        let before = trace == nil ? [:] : entryTexts(of: end.replica)
        defer { if trace != nil { sayState(of: end.replica, before) } }
        do {
            try end.write(bytes)
        } catch {
            guard isExpected(error, bytes, end, wire) else {
                throw SimulationFailure(
                    description: "\(index(of: end.replica)) refuses: \(error.code), \(error.detail); \(bytes.text)")
            }
            say("\(index(of: end.replica)) refuses: \(error.code), \(error.detail)")
            try checkSmall(index(of: end.replica))
        }
        try noneIsUnexpected()
    }

    private func isExpected(_ error: Failure, _ bytes: [UInt8], _ end: End, _ wire: Wire) -> Bool {
        if plan.middle != nil { return true }
        if refusals != nil, [.refused, .valueSize, .keys].contains(error.code) { return true }
        if end.link.isDatagram, bytes.last != 0x0a, error.code == .json || error.code == .utf8 { return true }
        // Lines behind a lost or repeated line belong to no delta, and neither do those behind an intruder's.
        return wire.isDisturbed && error.code == .unasked
    }

    private func sayState(of replica: Replica, _ before: [String: String]) {
        let number = index(of: replica)
        say("vector of \(number): \(vectorText(replica))")
        let after = entryTexts(of: replica)
        for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
            say("entry of \(number): \(key) is \(after[key] ?? "gone"), and was \(before[key] ?? "none")")
        }
    }

    /// Returns the entry of each key: its value, its dot, and its timestamp if that is not the dot.
    private func entryTexts(of replica: Replica) -> [String: String] {
        var texts: [String: String] = [:]
        replica.keys.forEach { key, record in
            let (dot, timestamp) = (record.dot, record.timestamp)
            let dotText = "\(replica.sources[dot.source].id.text):\(dot.version)"
            let written =
                !record.isRepublished
                ? "" : " written \(replica.sources[timestamp.source].id.text):\(timestamp.version)"
            let inverted = replica.inversions[key] == nil ? "" : " inverted"
            texts[[UInt8](record.key).text] =
                "\(record.kind) \([UInt8](record.value).text) \(dotText)\(written)\(inverted)"
            return true
        }
        return texts
    }

    func vectorText(_ replica: Replica) -> String {
        let sources = replica.sources.ids.filter { replica.sources[$0].index != .max }.map { id in
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
        let exceptions = (0..<(replica.refused?.count ?? 0)).compactMap { position in
            replica.refused.map { "\(replica.sources[$0[position].dot.source].id.text):\($0[position].dot.version)" }
        }
        return sources.joined(separator: " ") + " names " + names.joined(separator: " ") + " retired "
            + retired.joined(separator: " ") + " epoch \(replica.epoch) ahead \(replica.outOfOrderCount)"
            + (exceptions.isEmpty ? "" : " without " + exceptions.joined(separator: " "))
    }

    func index(of replica: Replica) -> Int {
        replicas.firstIndex { $0 === replica } ?? -1
    }
}
