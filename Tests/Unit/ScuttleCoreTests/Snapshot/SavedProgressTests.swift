import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Interrupted deltas, and a receiver that starts again from its save.
@Suite("Progress in saves")
struct SavedProgressTests {
    /// Carries this many bytes of both directions. Returns the heads of the sender's deltas, and the count of updates.
    private func meet(_ a: Replica, _ b: Replica, bytes: Int) throws -> (heads: [String], updates: Int) {
        let (from, to) = (try LinkEnd(a), try LinkEnd(b))
        from.link.gossip()
        to.link.gossip()
        var (left, silent, said) = (bytes, 0, [UInt8]())
        while left > 0, silent < 2 {
            for (source, target) in [(from, to), (to, from)] where left > 0 {
                let text = source.read(upTo: min(left, 4096))
                silent = text.isEmpty ? silent + 1 : 0
                left -= text.count
                if source === from { said += text }
                let code = target.write(text)
                check(code == nil, "\(String(describing: code))")
            }
        }
        from.close()
        to.close()
        let lines = said.lines.map { $0.text }
        return (
            lines.filter { $0.hasPrefix(#"{"digest":true,"delta""#) }, lines.count { $0.hasPrefix(#"{"key""#) }
        )
    }

    /// Returns a replica with keys, and one that lacks them: for a reset, one that has had them all, and has missed deletes.
    private func couple(_ mode: DeltaMode) throws -> (Replica, Replica) {
        let a = try Replica.start("a", seed: 1) { $0.maxHistory = 1 }
        let b = try Replica.start("b", seed: 2) { $0.maxHistory = 1 }
        for number in 0..<200 { try a.set("key \(number)", "[\(number)]") }
        guard mode == .reset else { return (a, b) }
        _ = try meet(a, b, bytes: .max)
        try b.set("of b", "1")
        for number in stride(from: 0, to: 200, by: 3) { try a.set("key \(number)", "\(number)") }
        for number in stride(from: 1, to: 100, by: 3) { try a.delete("key \(number)") }
        _ = try a.purge()
        return (a, b)
    }

    private func got(_ save: [UInt8]) -> [String] {
        save.lines.map { $0.text }.filter { $0.hasPrefix(#"{"digest":true,"got""#) }
    }

    private func again(_ save: [UInt8], seed: UInt64, as name: String = "b") throws -> Replica {
        try Replica.start(name, seed: seed, from: save) { $0.maxHistory = 1 }
    }

    @Test("A delta continues from its progress, over and over, and both become equal", arguments: [false, true])
    func goesOn(isReset: Bool) throws {
        let mode: DeltaMode = isReset ? .reset : .state
        let (a, first) = try couple(mode)
        var (b, updates, starts) = (first, 0, 0)
        while a.fingerprint != b.fingerprint {
            let said = try meet(a, b, bytes: 3000)
            updates += said.updates
            // A connection may break between a whole reset and the log delta behind it.
            let isBehind = isReset && said.heads.first?.contains(#""mode":"log""#) ?? false
            check(
                isBehind
                    ? a.fingerprint == b.fingerprint : said.heads.first?.contains(#""mode":"\#(mode.name)""#) ?? true,
                "start \(starts): \(said.heads)")
            check(b.broken == nil, "\(String(describing: b.broken))")
            b = try again(b.exported(), seed: UInt64(100 + starts))
            starts += 1
            guard starts < 50 else { break }
        }
        #expect(a.fingerprint == b.fingerprint)
        #expect((3..<50).contains(starts))
        // Updates behind the last mark of a connection are sent again.
        check(updates < 2 * a.allEntries.count, "\(updates) of \(a.allEntries.count)")
    }

    @Test("The next incarnation has the progress of the save", arguments: [false, true])
    func roundTrip(isReset: Bool) throws {
        let mode: DeltaMode = isReset ? .reset : .state
        let (a, b) = try couple(mode)
        for _ in 0..<3 { _ = try meet(a, b, bytes: 3000) }
        let transfer = try #require(b.linkTable.peers.items.first?.transfer)
        let c = try again(b.exported(), seed: 9)
        let taken = try #require(c.linkTable.peers.items.first?.transfer)
        #expect(c.linkTable.peers.items.count == 1)
        #expect(c.linkTable.peers.items.first?.peer.incarnation == a.incarnation)
        #expect(taken.saved(of: 1) == transfer.saved(of: 1))
        #expect((taken.saved(of: 1)?.sequence ?? 0) > 0)
        var states = [0, 0, 0]
        for key in 0..<KeyID(b.keys.idLimit) {
            guard let record = b.keys[key], let same = c.keys.find(record.key), let other = c.keys[same] else {
                continue
            }
            let state = transfer.state(of: record, key)
            states[state] += 1
            check(taken.state(of: other, same) == state, "\(record.key.text)")
        }
        if mode == .reset { check(states[0] > 0 && states[1] > 0, "\(states)") }
        #expect(got(c.exported()).count == got(b.exported()).count)
    }

    @Test("A truncated save claims nothing, nor does one of another name")
    func torn() throws {
        let (a, b) = try couple(.reset)
        _ = try meet(a, b, bytes: 4000)
        let save = b.exported()
        #expect(got(save).count == 1)
        var place = 0
        for line in save.lines.dropLast(2) {
            place += line.count + 1
            for cut in [place, place + 3] {
                let torn = try again(Array(save.prefix(cut)), seed: 9)
                check(torn.linkTable.peers.items.isEmpty, "cut at \(cut)")
            }
        }
        #expect(try again(save, seed: 9, as: "c").linkTable.peers.items.isEmpty)
        #expect(try again(save, seed: 9).linkTable.peers.items.count == 1)
    }

    @Test("A delta continues from the progress of an older save")
    func older() throws {
        let (a, b) = try couple(.state)
        _ = try meet(a, b, bytes: 2500)
        let older = b.exported()
        _ = try meet(a, b, bytes: 4000)
        let newer = b.exported()
        #expect(got(older).count == 1)
        #expect(got(older) != got(newer))
        let c = try again(older, seed: 9)
        #expect(got(c.exported()) == got(older))
        _ = try meet(a, c, bytes: .max)
        #expect(c.fingerprint == a.fingerprint)
    }

    @Test("Another incarnation of the sender begins anew")
    func otherSender() throws {
        let (a, b) = try couple(.state)
        _ = try meet(a, b, bytes: 4000)
        let (c, d) = (try again(a.exported(), seed: 7, as: "a"), try again(b.exported(), seed: 9))
        _ = try meet(c, d, bytes: .max)
        #expect(c.fingerprint == d.fingerprint)
        #expect(d.allEntries.count == 200)
    }

    private func save(_ lines: [String], entries: [String] = ["a", "b", "c"]) -> [UInt8] {
        let updates = entries.enumerated().map {
            #"{"key":"\#($1)","value":1,"source_id":"x","version":\#($0 + 1)}"#
        }
        let head = #"{"digest":true,"export":{"source":"b","lamport":9,"incarnation":7}}"#
        let all = [head] + updates + lines
        return [UInt8]((all + [#"{"digest":true,"end":\#(all.count)}"#, ""]).joined(separator: "\n"))
    }

    @Test("A line that does not fit the entries claims nothing")
    func unfit() throws {
        func got(_ named: String, _ mode: String = "reset", incarnation: UInt64 = 5, ranges: String = "") -> String {
            #"{"digest":true,"got":{"incarnation":\#(incarnation),"mode":"\#(mode)","epoch":0,"sequence":9\#(ranges)}\#(named)}"#
        }
        let fits = [
            [got("")], [got(#","named":[]"#)], [got(#","named":[0,3]"#)], [got(#","named":[1,1,1]"#)],
            [got(#","named":[3]"#)], [got(#","named":[0,0,0,3]"#)], [got(#","named":[0,1]"#), got(#","named":[1,2]"#)],
            [got("", "state")], [got("", "state", ranges: #","ranges":[1,5]"#)],
        ]
        for lines in fits {
            check(try again(save(lines), seed: 9).linkTable.peers.items.count == 1, "\(lines)")
        }
        let most = 9_223_372_036_854_775_807 as UInt64
        let unfit = [
            [got(#","named":[4]"#)], [got(#","named":[0,4]"#)], [got(#","named":[1,1,1,1]"#)],
            [got(#","named":[\#(most),\#(most),\#(most)]"#)], [got(#","named":[0,1]"#, "state")],
            [got("", "contents")], [got("", "log")], [got("", "early")], [got("", incarnation: 0)],
            [got(#","named":[0,1]"#), got(#","named":[9]"#)],
        ]
        for lines in unfit {
            check(try again(save(lines), seed: 9).linkTable.peers.items.isEmpty, "\(lines)")
        }
        // Of two lines of one key it is unknown which one was counted.
        let twice = save([got(#","named":[0,1]"#)], entries: ["a", "a"])
        #expect(try again(twice, seed: 9).linkTable.peers.items.isEmpty)
    }

    @Test("No more peers are loaded than are remembered")
    func many() throws {
        let lines = (1...100).map {
            #"{"digest":true,"got":{"incarnation":\#($0),"mode":"state","epoch":0,"sequence":9}}"#
        }
        let replica = try again(save(lines), seed: 9)
        #expect(replica.linkTable.peers.items.map { $0.peer.incarnation } == Array(37...100))
        #expect(got(replica.exported()).count == 64)
    }

    @Test("The lines of a reset that has named every second entry stay short, and together name the same")
    func manyCounts() throws {
        let b = try Replica.start("b", seed: 2)
        for number in 0..<2000 { try b.set("key \(number)", "1") }
        let progress = Progress(incarnation: 5, mode: .reset, epoch: 3, sequence: 1 << 40)
        let transfer = StateTransfer(progress)
        var random = TestRandom(seed: 1)
        b.keys.forEach { key, record in
            switch random.below(3) {
            case 0: transfer.keep(key, record.arrival)
            case 1: transfer.keep(key, .max)
            default: break
            }
            return true
        }
        var peer = PeerState()
        peer.begin(incarnation: 5)
        b.linkTable.peers.remember(RememberedPeers.Item(peer: peer, transfer: transfer, memory: nil))
        let save = b.exported()
        check(got(save).count > 3 && got(save).allSatisfy { $0.utf8.count < 1000 }, "\(got(save).count) lines")
        let c = try again(save, seed: 9)
        let taken = try #require(c.linkTable.peers.items.first?.transfer)
        b.keys.forEach { key, record in
            guard let same = c.keys.find(record.key), let other = c.keys[same] else { return false }
            check(taken.state(of: other, same) == transfer.state(of: record, key), "\(record.key.text)")
            return true
        }
    }

    @Test("Refused updates, and those that need republishing, are sent again")
    func notSaved() {
        let progress = Progress(incarnation: 5, mode: .state, epoch: 3, sequence: 9)
        #expect(StateTransfer(progress).saved(of: 5) == progress)
        let (refused, answered, empty) = (
            StateTransfer(progress), StateTransfer(progress), StateTransfer(.state, kind: 3, from: 0, begun: 0)
        )
        refused.exclude(3)
        answered.contradictions = [1]
        let excepting = StateTransfer(Progress(incarnation: 5, mode: .reset, epoch: 3, sequence: 9))
        excepting.note(refused: Dot(source: 3, version: 1))
        #expect(refused.saved(of: 5) == nil)
        #expect(excepting.saved(of: 5) == nil)
        #expect(answered.saved(of: 5) == nil)
        #expect(empty.saved(of: 5) == nil)
    }

    @Test("The own source is saved if it is exact, or if peers may have its low-water mark")
    func ownSource() throws {
        func names(_ replica: Replica) -> Bool {
            replica.exported().text.contains(#""sources":{"\#(replica.id.text)""#)
        }
        let (a, b) = (try Replica.start("a", seed: 1), try Replica.start("b", seed: 2))
        let exact = try Replica.make("exact")
        try a.set("k", "1")
        #expect(names(a))
        b.raiseLowWaterMark()
        // Hellos and vectors cross, and no delta.
        _ = try meet(a, b, bytes: 400)
        #expect(!names(b))
        _ = try meet(a, b, bytes: .max)
        #expect(names(b))
        _ = try meet(a, exact, bytes: 700)
        exact.version = 5
        #expect(names(exact))
    }

    @Test("Replicas with one seed have other incarnation numbers if their names differ")
    func incarnations() throws {
        #expect(try Replica.start("a", seed: 1).incarnation != Replica.start("b", seed: 1).incarnation)
        #expect(try Replica.start("a", seed: 1).incarnation == Replica.start("a", seed: 1).incarnation)
        #expect(try Replica.start("a", seed: 1).incarnation != Replica.start("a", seed: 2).incarnation)
    }
}
