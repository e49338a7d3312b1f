@testable import ScuttleCore

/// Deltas without an open request of the link.
enum UnaskedDelta {
    /// Returns the updates, covers and commits in some bytes, from the first head of a delta on.
    static func lines(of bytes: [UInt8]) -> [UInt8] {
        let starts = ["delta", "cover", "mark", "forgot", "commit"].map { "{\"digest\":true,\"\($0)\"" } + ["{\"key\""]
        let lines = bytes.split(separator: 0x0a).filter { line in
            let text = line.text
            let isWhole = text.count { $0 == "{" } == text.count { $0 == "}" }
            return isWhole && starts.contains { text.hasPrefix($0) }
        }
        guard let first = lines.firstIndex(where: { $0.text.contains("\"delta\":{\"mode\"") }) else { return [] }
        return Array(lines[first...].joined(separator: [0x0a])) + [0x0a]
    }

    /// Invents a delta of a peer, with the names that it knows and without a valid request.
    static func invent(from peer: End, to victim: End, _ random: inout Random) -> [UInt8] {
        let head = head(from: peer, to: victim, &random)
        var text = MessageBuffer()
        text.appendDelta(head)
        let source = peer.replica.sources[SourceTable.own].quoted.text
        let version = max(victim.replica.version, peer.replica.version) + 1
        var lines = [text.bytes.text]
        for key in 0..<UInt64(random.below(3)) {
            lines.append("{\"key\":\"k\(key)\",\"value\":666,\"source_id\":\(source),\"version\":\(version + key)}\n")
        }
        lines.append(
            head.mode == .log
                ? "{\"digest\":true,\"cover\":{\(source):[0,\(version + 9)]},\"lines\":[0,\"00000000\"]}\n"
                : "{\"digest\":true,\"commit\":{\"sequence\":0,"
                    + "\"sources\":{\(source):[0,\(version + 9),\(version)]},\"from\":0,\"to\":9,\"last\":true}}\n")
        return [UInt8](lines.joined().utf8)
    }

    private static func head(from peer: End, to victim: End, _ random: inout Random) -> DeltaHead {
        let asked = peer.link.extended?.peer.nonce ?? 0
        let (mode, nonce): (DeltaMode, UInt64) =
            switch random.below(2) {
            case 0 where asked > 0 && asked & 3 < 2: (.contents, asked)
            default: (random.pick(DeltaMode.allCases), random.pick([0, 1, asked &+ 1 << 40, random.next() >> 11]))
            }
        var head = DeltaHead(
            mode: mode, incarnation: victim.replica.incarnation, epoch: victim.replica.epoch, nonce: nonce)
        if mode.endsWithCommit { head.span = (0, 0, 1) }
        if victim.link.isDatagram { head.check = LineCheck() }
        return head
    }
}
