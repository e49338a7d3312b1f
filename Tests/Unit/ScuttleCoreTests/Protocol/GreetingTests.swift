import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The negotiation of the dialect, and rejected peers.
@Suite("Greeting")
struct GreetingTests {
    /// Returns the names of messages, in short: "hello", "digest", "update" and so on.
    private func names(_ lines: [String]) -> [String] {
        lines.map { line in
            guard line.hasPrefix(#"{"digest":true,""#) else { return "update" }
            let name = line.dropFirst(#"{"digest":true,""#.count).prefix { $0 != "\"" }
            return name == "source_id" ? "digest" : String(name)
        }
    }

    private func replica(_ id: String, _ adjust: (inout Configuration) -> Void = { _ in }) throws -> Replica {
        let replica = try Replica.make(id, seed: UInt64(id.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }), adjust)
        try replica.set("of " + id, "1")
        return replica
    }

    private func hello(_ adjust: (inout Hello) -> Void = { _ in }) -> [UInt8] {
        var text = MessageBuffer()
        var hello = Hello(
            protocolVersions: 1...1, source: Bytes("peer"), incarnation: 5, cluster: Bytes(""), lamport: 3, epoch: 0,
            revision: 1, hash: 99, isReply: false)
        adjust(&hello)
        text.appendHello(hello)
        return [UInt8](text.bytes)
    }

    // MARK: Choice of dialect

    @Test("The first request is a hello alone; without a reply, the next one is in both dialects")
    func silence() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        end.link.gossip()
        // Pending messages are not sent twice.
        let first = names(end.readLines())
        end.link.gossip()
        let second = names(end.readLines())
        #expect(Set(first + second) == ["hello", "digest", "done"])
        #expect(first == ["hello", "done"])
        #expect(second == ["hello", "digest", "done"])
    }

    @Test("A new link sends one hello, and nothing more until it gossips")
    func firstHello() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        #expect(names(end.readLines()) == ["hello"])
        #expect(end.readLines().isEmpty)
    }

    @Test("On datagrams silence is loss, and gossips send hellos for ever")
    func silenceOnDatagrams() throws {
        let end = try LinkEnd(replica("a"), .datagram)
        for _ in 0..<3 {
            end.link.gossip()
            #expect(names(end.readLines()) == ["hello"])
        }
    }

    @Test("A peer that speaks classic makes the link classic, and the open request is sent as digests")
    func becomesClassic() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        _ = end.readLines()
        #expect(end.write(done + "\n") == nil)
        #expect(end.readLines() == [done, line("of a", "1", "a", 1)])
        end.link.gossip()
        #expect(end.readLines() == [digest("a", 1), done])
    }

    @Test("A classic peer that sends first receives a delta, and digests")
    func heardFirst() throws {
        let end = try LinkEnd(replica("a"))
        #expect(end.write(line("k", "1", "x", 9) + "\n") == nil)
        #expect(try end.replica.value("k") == "1")
        #expect(end.readLines().isEmpty)
        end.link.gossip()
        #expect(names(end.readLines()) == ["done"])
    }

    @Test("A peer that sends a hello after classic messages gets the extended dialect")
    func upgraded() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        _ = end.readLines()
        #expect(end.write(done + "\n") == nil)
        #expect(end.write(hello()) == nil)
        #expect(names(end.readLines()) == ["hello", "request"])
        // Digests do not count any more.
        #expect(end.write(digest("a", 0) + "\n" + done + "\n") == nil)
        #expect(end.readLines().isEmpty)
    }

    @Test("A link that must be classic never sends a hello, and accepts none")
    func classicOnly() throws {
        let end = try LinkEnd(replica("a"), .classic)
        end.link.gossip()
        #expect(end.readLines() == [done])
        #expect(end.write(hello { $0.cluster = Bytes("other") }) == nil)
        #expect(end.readLines().isEmpty)
    }

    @Test(
        "An extended link and a classic one become equal, in the classic dialect, whichever requests first",
        arguments: [0, 1, 2, 3])
    func mixed(first: Int) throws {
        let (a, b) = (try replica("a"), try replica("b"))
        let ends = (try LinkEnd(a), try LinkEnd(b, .classic))
        for round in 0..<2 {
            if first & 1 == round { ends.0.link.gossip() } else { ends.1.link.gossip() }
            if first & 2 != 0 {
                ends.0.link.gossip()
                ends.1.link.gossip()
            }
            #expect(talk(ends.0, ends.1) == nil)
        }
        ends.0.link.gossip()
        ends.1.link.gossip()
        #expect(talk(ends.0, ends.1) == nil)
        #expect(a.allEntries == b.allEntries)
    }

    @Test("Before a hello the messages of the extended dialect mean nothing")
    func beforeHello() throws {
        let end = try LinkEnd(replica("a"))
        let before = Snapshot(end.replica)
        for body in [
            #""request":{"revision":0,"from":0}"#, #""delta":{"mode":"log","request":[7,0,5]}"#,
            HandPeer.cover(#""x":[0,5]"#), HandPeer.commit(#""x":[0,5]"#, of: []),
            HandPeer.vector(#""x":5"#, lamport: 9), HandPeer.vector("", contents: true), #""twin":true"#,
        ] {
            #expect(end.write(HandPeer.line(body) + "\n") == nil)
        }
        #expect(end.readLines().isEmpty)
        #expect(Snapshot(end.replica) == before)
    }

    @Test("On a datagram link updates and digests before a hello belong to nothing")
    func strayDatagrams() throws {
        let end = try LinkEnd(replica("a"), .datagram)
        let before = Snapshot(end.replica)
        #expect(end.write(line("k", "1", "x", 9) + "\n" + digest("a", 0) + "\n" + done) == nil)
        #expect(end.readLines().isEmpty)
        #expect(Snapshot(end.replica) == before)
    }

    @Test("Two equal replicas exchange two hellos for a gossip, and nothing else")
    func inStep() throws {
        let (a, b) = (try replica("a"), try replica("b"))
        #expect(try meet(a, b) == nil)
        #expect(a.allEntries == b.allEntries)
        for options in [[], .datagram, .live] as [Link.Options] {
            let pair = try Pair(a, b, options)
            exchangeTokens(pair.a, pair.b)
            let echo = options.contains(.datagram) ? ["echo"] : []
            pair.a.link.gossip()
            let request = pair.a.readLines()
            #expect(names(request) == echo + ["hello"])
            #expect(pair.b.write(request.joined(separator: "\n") + "\n") == nil)
            let reply = pair.b.readLines()
            #expect(names(reply) == echo + ["hello"])
            #expect(reply.last?.contains(#""reply":true"#) == true)
            #expect(pair.a.write(reply.joined(separator: "\n") + "\n") == nil)
            #expect(pair.a.readLines().isEmpty)
            pair.close()
        }
    }

    // MARK: Rejected peers

    /// Checks that both ends have ended: each rejects all messages with one code, and sends nothing any more.
    private func examineEnd(_ end: LinkEnd, _ code: Failure.Code) {
        let before = Snapshot(end.replica)
        for text in [done, line("k", "1", "x", 9), hello().text, HandPeer.line(#""request":{"revision":0,"from":0}"#)] {
            #expect(end.write(text + "\n") == code)
        }
        end.link.gossip()
        #expect(end.readLines().isEmpty)
        #expect(Snapshot(end.replica).entries == before.entries)
    }

    private func reject(_ a: Replica, _ b: Replica, _ code: Failure.Code, _ options: Link.Options) throws {
        let pair = try Pair(a, b, options)
        exchangeTokens(pair.a, pair.b)
        pair.a.link.gossip()
        let (keysA, keysB) = (a.allEntries, b.allEntries)
        #expect(pair.b.write(pair.a.readAll()) == code)
        let reply = pair.b.readLines()
        #expect(names(reply) == (options.contains(.datagram) ? ["echo"] : []) + ["reject"])
        #expect(pair.a.write(reply.joined(separator: "\n") + "\n") == .rejected)
        examineEnd(pair.b, code)
        examineEnd(pair.a, .rejected)
        #expect(a.allEntries == keysA)
        #expect(b.allEntries == keysB)
        pair.close()
    }

    @Test("Another cluster", arguments: [[], .datagram, .live, [.datagram, .live], .readOnly] as [Link.Options])
    func cluster(options: Link.Options) throws {
        let a = try replica("a") { $0.cluster = [UInt8]("one") }
        try reject(a, replica("b") { $0.cluster = [UInt8]("two") }, .cluster, options)
        try reject(a, replica("b"), .cluster, options)
    }

    @Test("No protocol version in common", arguments: [[], .datagram] as [Link.Options])
    func protocolVersions(options: Link.Options) throws {
        let a = try replica("a") { $0.protocolVersions = 2...3 }
        try reject(a, replica("b"), .protocolVersion, options)
        try reject(replica("b"), a, .protocolVersion, options)
        #expect(try meet(a, replica("c") { $0.protocolVersions = 1...2 }) == nil)
    }

    @Test("The same source", arguments: [[], .datagram] as [Link.Options])
    func sameSource(options: Link.Options) throws {
        try reject(replica("a"), replica("a"), .identity, options)
    }

    @Test("A peer with a higher version of this replica's source than was issued is rejected, in any message")
    func knowsMore() throws {
        let update = PlainUpdate("of a", "5", "a", 2)
        let claims: [(HandPeer) -> [String]] = [
            { _ in [HandPeer.line(HandPeer.vector(#""a":2"#, lamport: 9))] },
            { [$0.head(), HandPeer.cover(#""a":[0,2]"#)].map(HandPeer.line) },
            { [$0.head("state"), HandPeer.commit(#""a":[0,2]"#, of: [])].map(HandPeer.line) },
            { [HandPeer.line($0.head()), update.line] }, { [HandPeer.line($0.head("early")), update.line] },
        ]
        for claim in claims {
            let end = try LinkEnd(replica("a"))
            var peer = HandPeer(end, lamport: 0)
            peer.beAsked()
            let lines = claim(peer)
            let codes = lines.map { end.write($0 + "\n") }
            check(codes.last == .identity && codes.dropLast().allSatisfy { $0 == nil }, "\(lines): \(codes)")
            #expect(names(end.readLines()) == ["reject"])
            examineEnd(end, .identity)
        }
    }

    @Test("A reject is an error with its reason, known or not")
    func reasons() throws {
        for reason in RejectReason.allCases.map({ String(describing: $0.name) }) + ["", "moon"] {
            let end = try LinkEnd(replica("a"))
            #expect(end.write(#"{"digest":true,"reject":{"reason":"\#(reason)"}}"# + "\n") == .rejected)
            examineEnd(end, .rejected)
        }
    }

    @Test("A hello with an invalid source or number is rejected and changes nothing")
    func refusedHello() throws {
        let end = try LinkEnd(replica("a"))
        let before = Snapshot(end.replica)
        #expect(end.write(hello { $0.source = Bytes("") }) == .id)
        #expect(end.write(hello { $0.source = Bytes("a\0b") }) == .nul)
        #expect(end.write(hello { $0.lamport = 1 << 53 }) == .version)
        #expect(Snapshot(end.replica) == before)
        #expect(end.readLines().isEmpty)
    }

    @Test("A delta, an update, a cover and a commit without an open request are rejected, and change nothing")
    func unasked() throws {
        let end = try LinkEnd(replica("a"))
        var peer = HandPeer(end)
        let before = Snapshot(end.replica)
        // There was no request yet.
        let stray = [
            peer.head(nonce: 0), peer.head("state", nonce: 0), HandPeer.cover(#""x":[0,9]"#),
            HandPeer.commit(#""x":[0,2]"#),
        ]
        for body in stray { #expect(peer.say(body) == .unasked) }
        #expect(end.write(line("k", "1", "x", 9) + "\n") == .unasked)
        peer.beAsked()
        // Another incarnation, another nonce, a later nonce.
        for (incarnation, nonce) in [(9, peer.nonce), (nil, peer.nonce + 4), (nil, 3)] as [(UInt64?, UInt64)] {
            let head = peer.head(nonce: nonce, incarnation: incarnation)
            #expect(peer.say(head) == .unasked)
            #expect(end.write(line("k", "1", "x", 9) + "\n") == .unasked)
            #expect(peer.say(HandPeer.cover(#""x":[0,9]"#)) == .unasked)
        }
        // A cover belongs to a log delta only, a commit to a delta that ends with one.
        #expect(peer.say(peer.head("state")) == nil)
        #expect(peer.say(HandPeer.cover(#""x":[0,9]"#)) == .unasked)
        #expect(peer.say(peer.head()) == nil)
        #expect(peer.say(HandPeer.commit(#""x":[0,2]"#, of: [])) == .unasked)
        #expect(peer.say(peer.head("early")) == nil)
        #expect(peer.say(HandPeer.commit(#""x":[0,2]"#, of: [])) == .unasked)
        #expect(peer.say(HandPeer.cover(#""x":[0,9]"#)) == .unasked)
        // A contents delta serves a request for contents only.
        #expect(peer.say(peer.head("contents")) == .unasked)
        #expect(Snapshot(end.replica) == before)
    }

    @Test("On datagrams a delta without an open request is dropped without an error, up to the end of its datagram")
    func unaskedDatagrams() throws {
        let end = try LinkEnd(replica("a"), .datagram)
        var peer = HandPeer(end)
        peer.beAsked()
        let before = Snapshot(end.replica)
        let update = PlainUpdate("k", "1", "x", 1).line
        func datagram(_ head: String) -> String {
            [HandPeer.line(head), update, HandPeer.line(HandPeer.cover(#""x":[0,1]"#, of: [update]))]
                .joined(separator: "\n")
        }
        #expect(end.write(datagram(peer.head(nonce: peer.nonce + 4))) == nil)
        #expect(end.write(datagram(peer.head(incarnation: 9))) == nil)
        let commit =
            HandPeer.line(peer.head("contents")) + "\n" + HandPeer.line(HandPeer.commit(#""x":[0,1]"#))
        #expect(end.write(commit) == nil)
        #expect(Snapshot(end.replica) == before)
        // Lines that belong to no head at all are errors.
        #expect(end.write(update) == .unasked)
        #expect(end.write(datagram(peer.head())) == nil)
        #expect(end.replica.vector["x"] == 1)
    }

    @Test("A read-only link applies nothing of a delta")
    func strays() throws {
        let end = try LinkEnd(replica("a"), .readOnly)
        let peer = HandPeer(end)
        let before = Snapshot(end.replica)
        #expect(peer.say(peer.head(nonce: 1)) == .readOnly)
        #expect(end.write(line("k", "1", "x", 9) + "\n") == .readOnly)
        #expect(peer.say(HandPeer.cover(#""x":[0,9]"#)) == .readOnly)
        #expect(peer.say(HandPeer.commit(#""x":[0,2]"#)) == .readOnly)
        #expect(Snapshot(end.replica) == before)
        // It requests nothing, and says so; a peer that requests its vector gets none.
        end.link.gossip()
        #expect(end.readLines().allSatisfy { HandPeer.nonce(in: $0, of: "hello") == 0 })
        #expect(peer.say(#""request":{"revision":0,"from":0}"#) == nil)
        #expect(end.readLines().isEmpty)
    }

    @Test(
        "Over a read-only link all updates are sent, and none are received",
        arguments: [[], .datagram] as [Link.Options])
    func readOnly(options: Link.Options) throws {
        let (a, b) = (try replica("a"), try replica("b"))
        let ends = (try LinkEnd(a, options.union(.readOnly)), try LinkEnd(b, options))
        for _ in 0..<3 {
            ends.0.link.gossip()
            ends.1.link.gossip()
            #expect(carry(ends.0, ends.1).isQuiet)
        }
        #expect(b.allEntries.count == 2)
        #expect(a.allEntries.count == 1)
    }
}
