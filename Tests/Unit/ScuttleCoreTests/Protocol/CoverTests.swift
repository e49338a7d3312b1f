import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The lines of a delta: updates with their covers, or entries with a commit.
@Suite("Deltas and their covers")
struct CoverTests {
    /// Returns the lines of a delta for an empty peer, over a stream.
    private func delta(_ replica: Replica, known: String = "", options: Link.Options = []) throws -> [String] {
        let end = try LinkEnd(replica, options)
        let peer = HandPeer(end, lamport: 0)
        peer.say(HandPeer.vector(known, nonce: 77))
        return end.readLines()
    }

    private let head = #"{"digest":true,"delta":{"mode":"log","request":[5,0,77]}}"#

    private func cover(_ intervals: String, _ updates: String...) -> String {
        HandPeer.line(HandPeer.cover(intervals, of: updates))
    }

    @Test("A log: the updates, and behind them an interval for each source")
    func log() throws {
        let replica = try Replica.make("a")
        try replica.set("k", "1")
        try replica.receive(PlainUpdate("x", "1", "x", 4))
        try replica.set("l", "2")
        #expect(
            try delta(replica) == [
                head, line("k", "1", "a", 1), line("x", "1", "x", 4),
                cover(#""a":[0,1],"x":[0,4]"#, line("k", "1", "a", 1), line("x", "1", "x", 4)),
                line("l", "2", "a", 5), cover(#""a":[1,5]"#, line("l", "2", "a", 5)),
            ])
        // A peer that has the first two receives the third, with an interval behind the second.
        #expect(
            try delta(replica, known: #""a":1,"x":4"#) == [
                head, line("l", "2", "a", 5), cover(#""a":[1,5]"#, line("l", "2", "a", 5)),
            ])
    }

    @Test("Each batch has covers for its own updates, and there is one head")
    func batches() throws {
        let replica = try Replica.make("a") { $0.mtu = 2 }
        for number in 1...5 { try replica.set("k\(number)", "1") }
        let lines = try delta(replica)
        let updates = (1...5).map { line("k\($0)", "1", "a", Version($0)) }
        #expect(lines.count { $0 == head } == 1)
        #expect(lines.filter { $0.hasPrefix(#"{"key""#) } == updates)
        // Each interval joins on to the previous one, and covers only updates that were sent, with a check of its own lines.
        var (covered, sent): (Version, Version) = (0, 0)
        var since: [String] = []
        for line in lines.dropFirst() {
            if line.hasPrefix(#"{"key""#) {
                sent += 1
                since.append(line)
            } else {
                let numbers = line.split { !$0.isNumber }.compactMap { Version($0) }
                #expect(numbers[0] <= covered)
                #expect(numbers[1] == sent)
                covered = numbers[1]
                #expect(line.hasSuffix(#""lines":"# + HandPeer.linesCheck(of: since) + "}"))
                since = []
            }
        }
        #expect(covered == 5)
    }

    @Test("A superseded update is left out if its winner was sent, and covered anyway")
    func superseded() throws {
        let replica = try Replica.make("a")
        try replica.set("k", "1")
        try replica.receive(PlainUpdate("k", "2", "x", 4))
        let toOne = try delta(replica, known: #""x":4"#)
        #expect(toOne == [head, cover(#""a":[0,4,1]"#)])
        let toNone = try delta(replica)
        #expect(toNone.filter { $0.hasPrefix(#"{"key""#) } == [line("k", "1", "a", 1), line("k", "2", "x", 4)])
    }

    @Test(
        "An update that was left out here, because its winner was present, is not vouched for: a peer without the winner gets the state"
    )
    func leftOutOnTheWay() throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try a.set("k", "1")
        try a.receive(PlainUpdate("k", "2", "x", 4))
        try b.receive(PlainUpdate("k", "2", "x", 4))
        try b.set("other", "1")
        #expect(try meet(b, a) == nil)
        #expect(b.vector["a"] ?? 0 >= 1)
        #expect(b.history.updates(of: b.sources[try b.sourceID(for: Bytes("a"))], above: 0).isEmpty)
        // Of a:1 b knows only that it is beaten: a log delta would cover it, and the winner might be lost on the way.
        let lines = try delta(b)
        #expect(lines.first?.contains(#""mode":"state""#) == true)
        #expect(lines.contains(line("k", "2", "x", 4)))
    }

    @Test("Behind its last update a source is covered up to its low-water mark")
    func promises() throws {
        let replica = try Replica.make("a")
        try replica.set("k", "1")
        try replica.receive(PlainUpdate("x", "1", "x", 9))
        let lines = try delta(replica)
        // A request renews the low-water mark: the source will issue nothing below 9.
        #expect(
            lines.last == cover(#""a":[0,9],"x":[0,9]"#, line("k", "1", "a", 1), line("x", "1", "x", 9)))
    }

    @Test("If most of the history was superseded, the state is shorter, and is sent instead")
    func hotKey() throws {
        let replica = try Replica.make("a") { $0.maxHistory = 1000 }
        for number in 0..<60 { try replica.set("hot", "\(number)") }
        #expect(try delta(replica).first == head)
        for number in 60..<500 { try replica.set("hot", "\(number)") }
        let lines = try delta(replica)
        #expect(lines.filter { $0.hasPrefix(#"{"key""#) } == [line("hot", "499", "a", 500)])
        #expect(lines.count == 3)
    }

    @Test("If the history lacks updates, the state is sent, with one commit behind it")
    func state() throws {
        let replica = try Replica.make("a") { $0.maxHistory = 1 }
        for number in 1...4 { try replica.set("k\(number % 3)", "\(number)") }
        let lines = try delta(replica)
        try #require(lines.count == 6)
        // The first arrivals were superseded: up to there nothing is missing.
        #expect(lines[0] == #"{"digest":true,"delta":{"mode":"state","request":[5,0,77],"epoch":0,"span":[1,1]}}"#)
        #expect(lines[1...3] == [line("k2", "2", "a", 2), line("k0", "3", "a", 3), line("k1", "4", "a", 4)])
        #expect(
            lines[4] == #"{"digest":true,"mark":{"sequence":4,"lines":"#
                + HandPeer.linesCheck(of: Array(lines[1...3]), sealing: [1, 4]) + "}}")
        #expect(
            lines[5] == #"{"digest":true,"commit":{"sequence":4,"lines":"#
                + HandPeer.linesCheck(of: [], sealing: [1, 4])
                + #","sources":{"a":[0,4]},"from":0,"to":2,"last":true}}"#)
    }

    @Test("A peer that may lack a purged tombstone gets a reset")
    func reset() throws {
        let replica = try Replica.make("a")
        try replica.set("k", "1")
        try replica.delete("k")
        try replica.set("l", "1")
        #expect(try replica.purge() == 1)
        let lines = try delta(replica)
        #expect(lines.count == 3)
        #expect(
            lines[0].hasPrefix(#"{"digest":true,"delta":{"mode":"reset","request":[5,0,77],"epoch":1,"span":[0,0]}}"#))
        #expect(lines[1] == line("l", "1", "a", 3))
        #expect(lines[2].contains(#""sources":{"a":[0,3,2]},"from":0,"to":2,"last":true}}"#))
        // A peer that has covered the tombstone lacks nothing.
        let later = try delta(replica, known: #""a":2"#)
        #expect(later[0] == head)
    }

    @Test(
        "Covers make up whole histories: any cut of them leaves the receiver with a vector that is true",
        arguments: 0..<30)
    func cut(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let a = try Replica.make("a") {
            $0.mtu = random.within(1...7)
            $0.maxHistory = random.pick([4, 1000])
        }
        let b = try Replica.make("b")
        var all: [PlainUpdate] = []
        for _ in 0..<random.within(1...40) {
            let key = "k\(random.below(12))"
            if random.oneIn(2) {
                try a.set(key, "1")
                all.append(PlainUpdate(key, "1", "a", a.version))
            } else {
                let source = random.pick(["x", "y"])
                let version = (a.vector[source] ?? 0) + Version(random.within(1...4))
                all.append(PlainUpdate(key, "1", source, version))
                try a.receive(all[all.count - 1])
            }
        }
        let pair = try Pair(a, b)
        pair.b.link.gossip()
        pair.a.write(pair.b.readAll())
        pair.b.write(pair.a.readAll())
        pair.a.write(pair.b.readAll())
        let answer = pair.a.readAll()
        pair.b.write(Array(answer.prefix(random.below(answer.count + 1))))
        check(b.broken == nil, "seed \(seed): \(String(describing: b.broken))")
        // Each covered update is an entry, or was superseded by an entry.
        for update in all where update.version <= b.vector[update.source.text] ?? 0 {
            let entry = b.entry(update.key.text)
            check(entry.map { !$0.isOlder(than: update) } ?? false, "seed \(seed): \(update) is covered, and lost")
        }
        check(try meet(a, b) == nil)
        check(a.allEntries == b.allEntries, "seed \(seed): not the same after a second meeting")
    }

    @Test(
        "A live link sends new updates without a request, once",
        arguments: [[.live], [.live, .datagram]] as [Link.Options])
    func live(options: Link.Options) throws {
        let (a, b) = (try Replica.make("a"), try Replica.make("b"))
        try a.set("k", "0")
        let pair = try Pair(a, b, options)
        pair.gossip()
        _ = carry(pair.a, pair.b)
        #expect(b.allEntries == a.allEntries)
        for number in 1...5 {
            try a.set("k", "\(number)")
            try b.set("of b \(number)", "1")
            let exchange = carry(pair.a, pair.b)
            #expect(exchange.isQuiet)
            #expect(a.allEntries == b.allEntries)
            #expect(exchange.datagrams.flatMap { $0.lines }.count { $0.starts(with: [UInt8](#"{"key""#)) } == 2)
        }
        #expect(a.vector == b.vector)
    }
}
