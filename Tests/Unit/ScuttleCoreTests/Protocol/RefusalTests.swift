import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Refused updates are exceptions to the vector: sent once, reported once, and the rest arrives.
@Suite("Refusals")
struct RefusalTests {
    /// The refusals that a replica's host has seen.
    private final class Reports {
        var all: [String] = []

        func add(_ configuration: inout Configuration) {
            configuration.onRefused = { [weak self] _, update, code in self?.all.append("\(update.key.text) \(code)") }
        }
    }

    /// A host's policy, which may change.
    private final class Opinion {
        var refused: Set<String> = []
        var asked: [String] = []

        func judge(_ configuration: inout Configuration) {
            configuration.accept = { [self] _, update in
                asked.append(update.key.text)
                return !refused.contains(update.key.text)
            }
        }
    }

    private let long = "\"" + String(repeating: "x", count: 200) + "\""

    private func bytes(_ pair: Pair) -> Int {
        pair.gossip()
        var count = 0
        while true {
            let (toB, toA) = (pair.a.readAll(), pair.b.readAll())
            if toA.isEmpty, toB.isEmpty { return count }
            count += toA.count + toB.count
            pair.b.write(toB)
            pair.a.write(toA)
        }
    }

    /// Gossips on both, and carries bytes until there is nothing to send. Returns their count.
    @discardableResult
    private func talk(_ pair: Pair, _ inDatagrams: Bool) -> Int {
        guard inDatagrams else { return bytes(pair) }
        pair.gossip()
        let exchange = carry(pair.a, pair.b, capacity: 500)
        check(exchange.isQuiet, "they do not stop")
        return exchange.datagrams.reduce(0) { $0 + $1.count }
    }

    private func sound(_ replicas: Replica...) {
        for replica in replicas { check(replica.broken == nil, "\(String(describing: replica.broken))") }
    }

    @Test(
        "A value over the limit crosses once, in a log and in a state; its writer is notified once; the rest arrives",
        arguments: [10, 1000])
    func once(history: Int) throws {
        let reports = Reports()
        let a = try Replica.make("a") {
            $0.maxHistory = history
            reports.add(&$0)
        }
        let b = try Replica.make("b") { $0.limits.valueBytes = 100 }
        for number in 0..<200 { try a.set("k\(number)", number == 77 ? long : "1") }
        let pair = try Pair(a, b)
        #expect(bytes(pair) > 10_000)
        #expect(b.count == 199)
        #expect(reports.all == ["k77 -22"])
        #expect(b.vector["a"] == 200)
        _ = bytes(pair)
        for _ in 0..<4 { #expect(bytes(pair) < 1000) }
        try a.set("new", "1")
        #expect(bytes(pair) < 3000)
        #expect(b.count == 200)
        // A new link sends the refusal again, and neither the update nor the event.
        pair.close()
        let again = try Pair(a, b)
        #expect(bytes(again) < 3000)
        #expect(reports.all.count == 1)
        // A beaten update is covered.
        try a.set("k77", "2")
        _ = bytes(again)
        #expect(try b.value("k77") == "2")
        #expect(b.refused == nil)
        _ = bytes(again)
        #expect(a.vectorHash == b.vectorHash)
        sound(a, b)
    }

    @Test("A host refuses by key, and accepts everything after a change of policy")
    func opinion() throws {
        let (reports, opinion) = (Reports(), Opinion())
        let a = try Replica.make("a") { reports.add(&$0) }
        let b = try Replica.make("b") { opinion.judge(&$0) }
        opinion.refused = ["secret"]
        try a.set("secret", "1")
        try a.set("open", "1")
        let pair = try Pair(a, b)
        for _ in 0..<3 { _ = bytes(pair) }
        #expect(try b.value("open") == "1")
        #expect(try b.value("secret") == nil)
        #expect(reports.all == ["secret -33"])
        #expect(opinion.asked == ["secret", "open"])
        b.acceptAgain()
        _ = bytes(pair)
        #expect(try b.value("secret") == nil)
        #expect(opinion.asked == ["secret", "open", "secret"])
        opinion.refused = []
        b.acceptAgain()
        _ = bytes(pair)
        #expect(try b.value("secret") == "1")
        #expect(b.refused == nil)
        _ = bytes(pair)
        #expect(a.vectorHash == b.vectorHash)
        #expect(reports.all.count == 1)
        sound(a, b)
    }

    @Test("A relay names its refusals: replicas behind it get the rest from it, and those updates from others")
    func relay() throws {
        let a = try Replica.make("a") { $0.maxHistory = 1000 }
        let b = try Replica.make("b") { $0.limits.valueBytes = 100 }
        let c = try Replica.make("c")
        for number in 0..<50 { try a.set("k\(number)", number == 20 ? long : "1") }
        let (first, second) = (try Pair(a, b), try Pair(b, c))
        for _ in 0..<3 { _ = (bytes(first), bytes(second)) }
        #expect(c.count == 49)
        #expect(c.vector["a"] == 50)
        try a.set("k1", "2")
        _ = bytes(first)
        #expect(bytes(second) < 3000)
        let third = try Pair(a, c)
        for _ in 0..<2 { _ = bytes(third) }
        #expect(c.count == 50)
        #expect(c.refused == nil)
        #expect(a.vectorHash == c.vectorHash)
        sound(a, b, c)
    }

    @Test("A commit names any number of exceptions of one source", arguments: [false, true])
    func manyExceptions(inDatagrams: Bool) throws {
        let opinion = Opinion()
        let a = try Replica.make("a")
        let b = try Replica.make("b") { opinion.judge(&$0) }
        let c = try Replica.make("c")
        for number in 0..<1200 { try a.set("k\(number)", "1") }
        opinion.refused = Set((0..<1200).filter { $0 % 2 == 0 }.map { "k\($0)" })
        let (first, second) = (
            try Pair(a, b, inDatagrams ? .datagram : []), try Pair(b, c, inDatagrams ? .datagram : [])
        )
        for _ in 0..<3 {
            talk(first, inDatagrams)
            talk(second, inDatagrams)
        }
        #expect(c.count == 600)
        #expect(c.vector["a"] == 1200)
        #expect(c.refused?.count == 600)
        // Behind the relay the refused updates are missing, and wanted: more than the datagrams of one window hold.
        let third = try Pair(a, c, inDatagrams ? .datagram : [])
        for _ in 0..<2 { talk(third, inDatagrams) }
        #expect(c.count == 1200)
        #expect(c.refused == nil)
        sound(a, b, c)
    }

    @Test("A peer that has purged a refused update covers it", arguments: [false, true])
    func accounted(inDatagrams: Bool) throws {
        let opinion = Opinion()
        let a = try Replica.make("a")
        let b = try Replica.make("b") { opinion.judge(&$0) }
        opinion.refused = ["k"]
        try a.set("k", "1")
        let pair = try Pair(a, b, inDatagrams ? .datagram : [])
        for _ in 0..<2 { talk(pair, inDatagrams) }
        #expect(b.refused?.count == 1)
        let c = try Replica.make("c")
        let behind = try Pair(b, c, inDatagrams ? .datagram : [])
        for _ in 0..<2 { talk(behind, inDatagrams) }
        #expect(c.refused?.count == 1)
        // The write is replaced, and a third replica receives the new one before it learns of an exception.
        try a.set("k", "2")
        let third = try Pair(a, c, inDatagrams ? .datagram : [])
        for _ in 0..<3 { talk(third, inDatagrams) }
        #expect(try c.value("k") == "2")
        #expect(c.refused == nil)
        #expect(a.vectorHash == c.vectorHash)
        sound(a, b, c)
    }

    @Test("An out-of-order refusal counts once the vector passes it")
    func ahead() throws {
        let opinion = Opinion()
        let b = try Replica.make("b") { opinion.judge(&$0) }
        let plain = try Replica.make("c")
        opinion.refused = ["k"]
        let before = b.vectorHash
        let gone = try "a".lend { (id) throws(Failure) in try b.sourceID(for: id) }
        #expect(b.noteException(Dot(source: gone, version: 7), reason: 33))
        #expect(b.vectorHash == before)
        b.cover(gone, upTo: 9)
        plain.cover(try "a".lend { (id) throws(Failure) in try plain.sourceID(for: id) }, upTo: 9)
        #expect(b.vectorHash != plain.vectorHash)
        #expect(!b.mayStateContents)
        b.dropException(Dot(source: gone, version: 7))
        #expect(b.mayStateContents)
        sound(b, plain)
    }

    @Test(
        "While a host refuses an update nothing is sent again and again, uncovered updates included",
        arguments: [false, true])
    func quiet(inDatagrams: Bool) throws {
        let opinion = Opinion()
        let a = try Replica.make("a")
        let b = try Replica.make("b") { opinion.judge(&$0) }
        // Entries of a writer that is gone, of which no replica has received a commit.
        for replica in [a, b] {
            try replica.load((0..<100).map { PlainUpdate("x\($0)", "1", "gone", UInt64($0) + 10) })
            #expect(replica.outOfOrderCount == 100)
        }
        opinion.refused = ["k"]
        try a.set("k", "1")
        let pair = try Pair(a, b, inDatagrams ? .datagram : [])
        for _ in 0..<4 { talk(pair, inDatagrams) }
        #expect(talk(pair, inDatagrams) < 1500)
        // New updates still arrive.
        try a.set("l", "1")
        try b.set("m", "1")
        for _ in 0..<2 { talk(pair, inDatagrams) }
        #expect(try b.value("l") == "1")
        #expect(try a.value("m") == "1")
        sound(a, b)
    }

    @Test("After a start from a save refused updates are missing, and may be accepted")
    func save() throws {
        let a = try Replica.make("a")
        let b = try Replica.make("b") { $0.limits.valueBytes = 100 }
        try a.set("long", long)
        try a.set("short", "1")
        #expect(try meet(a, b) == .valueSize)
        let pair = try Pair(a, b)
        for _ in 0..<2 { _ = bytes(pair) }
        let again = try Replica.make("again")
        #expect(try again.load(b.exported()))
        #expect(again.refused?.count == 1)
        let next = try Pair(a, again)
        _ = bytes(next)
        #expect(try again.value("long") == long)
        #expect(again.refused == nil)
        sound(a, b, again)
    }

    @Test(
        "A refused delete whose tombstone was purged arrives by a reset, or is dropped if the host refuses that too",
        arguments: [false, true])
    func delete(refusesReset: Bool) throws {
        let opinion = Opinion()
        let a = try Replica.make("a")
        let b = try Replica.make("b") { opinion.judge(&$0) }
        try a.set("k", "1")
        let pair = try Pair(a, b)
        _ = bytes(pair)
        opinion.refused = ["k"]
        try a.delete("k")
        _ = bytes(pair)
        #expect(try b.value("k") == "1")
        _ = try a.purge()
        if !refusesReset { opinion.refused = [] }
        for _ in 0..<4 { _ = bytes(pair) }
        #expect(try b.value("k") == (refusesReset ? "1" : nil))
        #expect(try a.value("k") == (refusesReset ? "1" : nil))
        #expect(a.vectorHash == b.vectorHash)
        sound(a, b)
    }

    @Test("More than max_refused ends the link")
    func most() throws {
        let a = try Replica.make("a")
        let b = try Replica.make("b") {
            $0.limits.valueBytes = 100
            $0.maxRefused = 3
        }
        for number in 0..<5 { try a.set("k\(number)", long) }
        let pair = try Pair(a, b)
        _ = bytes(pair)
        #expect(b.refused?.count == 3)
        #expect(pair.b.write("{\"digest\":true,\"twin\":true}\n") == .refused)
        sound(a, b)
    }

    @Test(
        "A delta with more refusals than max_refused ends its link, although out-of-order ones could be evicted",
        arguments: 1...5)
    func mostAhead(broken: Int) throws {
        let a = try Replica.make("a") { $0.maxHistory = 1 }
        let b = try Replica.make("b") {
            $0.limits.valueBytes = 100
            $0.maxRefused = 3
        }
        for number in 0..<5 { try a.set("k\(number)", long) }
        // A link that breaks leaves exceptions that no vector covers.
        let (first, peer) = (try LinkEnd(b), try LinkEnd(a))
        first.link.gossip()
        var count = 0
        for line in answer(of: peer, to: first) where count < broken {
            first.write(line)
            if line.text.hasPrefix(#"{"key""#) { count += 1 }
        }
        first.close()
        peer.close()
        #expect(b.refused?.count == min(broken, 3))
        let pair = try Pair(a, b)
        #expect(bytes(pair) < 8000)
        #expect(pair.b.write("{\"digest\":true,\"twin\":true}\n") == .refused)
        #expect(b.vector["a"] ?? 0 == 0)
        sound(a, b)
    }

    @Test("Two peers that compete for the capacity of refusals both finish, one after the other")
    func roomForTwo() throws {
        let names = ["a", "c"]
        let peers = try names.map { try Replica.make($0) { $0.maxHistory = 1 } }
        let b = try Replica.make("b") {
            $0.limits.valueBytes = 100
            $0.maxRefused = 3
        }
        for (name, peer) in zip(names, peers) {
            for number in 0..<3 { try peer.set("\(name)\(number)", long) }
            try peer.set("\(name)3", "1")
        }
        let pairs = try peers.map { try Pair($0, b) }
        for _ in 0..<5 {
            for pair in pairs { pair.gossip() }
            var isQuiet = false
            for _ in 0..<40 where !isQuiet {
                // A line of each in turn.
                let said = pairs.map { $0.a.readAll().lines.dropLast().map { $0 + [0x0a] } }
                for index in 0..<max(said[0].count, said[1].count) {
                    for (pair, lines) in zip(pairs, said) where index < lines.count { pair.b.write(lines[index]) }
                }
                let deltas = pairs.map { $0.b.readAll() }
                for (pair, delta) in zip(pairs, deltas) { pair.a.write(delta) }
                isQuiet = deltas.allSatisfy { $0.isEmpty }
            }
            #expect(isQuiet)
        }
        for pair in pairs { pair.close() }
        _ = bytes(try Pair(peers[0], b))
        #expect(b.vector["a"] == 4)
        #expect(b.count == 1)
        sound(peers[0], peers[1], b)
    }

    @Test("A tombstone is not stable while an update is missing that may lose to it", arguments: [1, 2, 3])
    func missingHoldsTombstone(version: Version) throws {
        let replica = try Replica.make("r")
        let source = try replica.sourceID(for: Bytes("other"))
        try replica.set("k", "1")
        try replica.delete("k")
        replica.cover(source, upTo: 9)
        let dot = Dot(source: source, version: version)
        #expect(replica.noteException(dot, reason: 0))
        replica.purgeStable()
        #expect((replica.entry("k") == nil) == (version > 2))
        replica.dropException(dot)
        replica.purgeStable()
        #expect(replica.entry("k") == nil)
        sound(replica)
    }

    @Test("On datagrams each update that fits none is reported, once", arguments: [10, 1000])
    func datagrams(history: Int) throws {
        let reports = Reports()
        let a = try Replica.make("a") {
            $0.maxHistory = history
            reports.add(&$0)
        }
        let b = try Replica.make("b")
        let large = "\"" + String(repeating: "x", count: 600) + "\""
        for number in 0..<30 { try a.set("k\(number)", number % 3 == 0 ? "1" : large) }
        let pair = try Pair(a, b, .datagram)
        var keys: [String] = []
        for _ in 0..<4 {
            pair.gossip()
            let exchange = carry(pair.a, pair.b, capacity: 500)
            #expect(exchange.isQuiet)
            for failure in exchange.unsent {
                #expect(failure.code == .datagram)
                keys.append(String(failure.detail.split(separator: " ").last ?? ""))
            }
        }
        let wanted = (0..<30).filter { $0 % 3 != 0 }.map { "k\($0)" }
        #expect(keys.sorted() == wanted.sorted())
        #expect(reports.all.sorted() == wanted.map { $0 + " -29" }.sorted())
        #expect(b.count == 10)
        sound(a, b)
    }

    @Test("Malformed exceptions change nothing")
    func malformed() throws {
        let a = try Replica.make("a")
        try a.set("k", "1")
        let peer = HandPeer(try LinkEnd(a))
        for body in [
            #""refused":{}"#, #""refused":["a",7,22]"#, #""refused":[[7]]"#, #""refused":[["a",7]]"#,
            #""refused":[["a",7,256]]"#, #""refused":[["a","7",1]]"#,
        ] { #expect(peer.say(body) == .message, "\(body)") }
        for body in [#""refused":[["a",0,22]]"#, #""refused":[["a",9007199254740992,22]]"#] {
            #expect(peer.say(body) == .version, "\(body)")
        }
        #expect(peer.say(#""refused":[["",1,22]]"#) == .id)
        #expect(peer.say(#""refused":[["nobody",7,22]]"#) == nil)
        sound(a)
    }
}
