import Testing

@testable import Scuttle

/// Which dialect a link comes to speak, and who is turned away.
@Suite("Greeting")
struct GreetingTests {
    /// The names of messages, in short: "hello", "digest", "update" and so on.
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
        var text = ByteBuffer()
        var hello = Hello(
            protocolVersions: 1...1, id: Bytes("peer"), life: 5, cluster: Bytes(""), lamport: 3, epoch: 0, revision: 1,
            hash: 99, isReply: false)
        adjust(&hello)
        text.appendHello(hello)
        return [UInt8](text.bytes)
    }

    // MARK: Choice of dialect

    @Test("The first question is a hello alone; asked again without an answer, it asks in both dialects")
    func silence() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        end.link.gossip()
        // What waits has not been asked yet, and is not asked twice.
        let first = names(end.readLines())
        end.link.gossip()
        let second = names(end.readLines())
        #expect(Set(first + second) == ["hello", "digest", "done"])
        #expect(second == ["hello", "digest", "done"])
    }

    @Test("A new link says one hello, and nothing more until it is asked to")
    func firstHello() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        #expect(names(end.readLines()) == ["hello"])
        #expect(end.readLines().isEmpty)
    }

    @Test("On datagrams silence is loss, and is asked in hellos for ever")
    func silenceOnDatagrams() throws {
        let end = try LinkEnd(replica("a"), .datagram)
        for _ in 0..<3 {
            end.link.gossip()
            #expect(names(end.readLines()) == ["hello"])
        }
    }

    @Test("A peer that speaks classic makes the link classic, and the question that was asked is asked in digests")
    func becomesClassic() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        _ = end.readLines()
        #expect(end.write(done + "\n") == nil)
        #expect(end.readLines() == [digest("a", 1), done, line("of a", "1", "a", 1)])
        end.link.gossip()
        #expect(end.readLines() == [digest("a", 1), done])
    }

    @Test("A classic peer that is heard first is answered, and asked in its own dialect")
    func heardFirst() throws {
        let end = try LinkEnd(replica("a"))
        #expect(end.write(line("k", "1", "x", 9) + "\n") == nil)
        #expect(try end.replica.value("k") == "1")
        #expect(end.readLines().isEmpty)
        end.link.gossip()
        #expect(Set(names(end.readLines())) == ["digest", "done"])
    }

    @Test("A peer that says hello after it has spoken classic is taken at its word")
    func upgraded() throws {
        let end = try LinkEnd(replica("a"))
        end.link.gossip()
        _ = end.readLines()
        #expect(end.write(done + "\n") == nil)
        #expect(end.write(hello()) == nil)
        #expect(names(end.readLines()) == ["hello", "ask"])
        // Digests do not count any more.
        #expect(end.write(digest("a", 0) + "\n" + done + "\n") == nil)
        #expect(end.readLines().isEmpty)
    }

    @Test("A link that is to be classic never says hello, and hears none")
    func classicOnly() throws {
        let end = try LinkEnd(replica("a"), .classic)
        end.link.gossip()
        #expect(end.readLines() == [digest("a", 1), done])
        #expect(end.write(hello { $0.cluster = Bytes("other") }) == nil)
        #expect(end.readLines().isEmpty)
    }

    @Test(
        "An extended link and a classic one agree, in the classic dialect, whoever asks first", arguments: [0, 1, 2, 3])
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
            #"{"ask":{"revision":0,"from":0}}"#, #"{"answer":{"mode":"log","question":[7,0]}}"#,
            #"{"cover":{"x":[0,5]}}"#,
            #"{"commit":{"answer":5,"stamp":9,"sources":{"x":[0,5]},"from":0,"to":1,"last":true}}"#,
            #"{"clock":{"life":5,"epoch":0,"lamport":9,"since":0,"until":1,"sources":{"x":5},"from":0,"to":1,"last":true}}"#,
        ] {
            #expect(end.write(#"{"digest":true,"# + body.dropFirst() + "\n") == nil)
        }
        #expect(end.readLines().isEmpty)
        #expect(Snapshot(end.replica) == before)
    }

    @Test("On a datagram link updates and digests that come before a hello belong to nothing")
    func strayDatagrams() throws {
        let end = try LinkEnd(replica("a"), .datagram)
        let before = Snapshot(end.replica)
        #expect(end.write(line("k", "1", "x", 9) + "\n" + digest("a", 0) + "\n" + done) == nil)
        #expect(end.readLines().isEmpty)
        #expect(Snapshot(end.replica) == before)
    }

    @Test("Two in step exchange two hellos for a question, and nothing else")
    func inStep() throws {
        let (a, b) = (try replica("a"), try replica("b"))
        #expect(try meet(a, b) == nil)
        #expect(a.allEntries == b.allEntries)
        for options in [[], .datagram, .live] as [Link.Options] {
            let pair = try Pair(a, b, options)
            pair.a.link.gossip()
            let question = pair.a.readLines()
            #expect(names(question) == ["hello"])
            #expect(pair.b.write(question[0] + "\n") == nil)
            let answer = pair.b.readLines()
            #expect(names(answer) == ["hello"])
            #expect(answer[0].contains(#""reply":true"#))
            #expect(pair.a.write(answer[0] + "\n") == nil)
            #expect(pair.a.readLines().isEmpty)
            pair.close()
        }
    }

    // MARK: Who is turned away

    /// Whether both ends have ended: each says the same of all that comes, and nothing goes out any more.
    private func examineEnd(_ end: LinkEnd, _ code: Failure.Code) {
        let before = Snapshot(end.replica)
        for text in [done, line("k", "1", "x", 9), hello().text, #"{"digest":true,"ask":{"revision":0,"from":0}}"#] {
            #expect(end.write(text + "\n") == code)
        }
        end.link.gossip()
        #expect(end.readLines().isEmpty)
        #expect(Snapshot(end.replica).entries == before.entries)
    }

    private func reject(_ a: Replica, _ b: Replica, _ code: Failure.Code, _ options: Link.Options) throws {
        let pair = try Pair(a, b, options)
        pair.a.link.gossip()
        let (keysA, keysB) = (a.allEntries, b.allEntries)
        #expect(pair.b.write(pair.a.readAll()) == code)
        let answer = pair.b.readLines()
        #expect(names(answer) == ["reject"])
        #expect(pair.a.write(answer.joined(separator: "\n") + "\n") == .rejected)
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

    @Test("The same id", arguments: [[], .datagram] as [Link.Options])
    func sameID(options: Link.Options) throws {
        try reject(replica("a"), replica("a"), .identity, options)
    }

    @Test("A peer that knows more of this replica's id than it has issued is turned away, whatever says so")
    func knowsMore() throws {
        let question = #""question":[1,0]"#
        for lines in [
            [
                #""clock":{"life":5,"epoch":0,"lamport":9,"since":0,"until":1,"sources":{"a":2},"from":0,"to":1,"last":true}"#
            ],
            [#""answer":{"mode":"log",\#(question)}"#, #""cover":{"a":[0,2]}"#],
            [
                #""answer":{"mode":"state",\#(question),"answer":4}"#,
                #""commit":{"answer":4,"stamp":1,"sources":{"a":[0,2]},"from":0,"to":1,"last":true}"#,
            ],
            [#""answer":{"mode":"log",\#(question)}"#, "update"],
        ] {
            let end = try LinkEnd(replica("a"))
            // The hash of an empty clock: no question is asked of this replica first.
            #expect(end.write(hello { $0.lamport = 0 }) == nil)
            _ = end.readLines()
            let life = end.replica.life
            var code: Failure.Code?
            for text in lines {
                let text = text.replacing("[1,0]", with: "[\(life),0]")
                let line = text == "update" ? line("of a", "5", "a", 2) : #"{"digest":true,\#(text)}"#
                code = end.write(line + "\n")
            }
            check(code == .identity, "\(lines): \(String(describing: code))")
            #expect(names(end.readLines()) == ["reject"])
            examineEnd(end, .identity)
        }
    }

    @Test("A reject is told with its reason, and one that is not known too")
    func reasons() throws {
        for reason in RejectReason.allCases.map({ String(describing: $0.name) }) + ["", "moon"] {
            let end = try LinkEnd(replica("a"))
            #expect(end.write(#"{"digest":true,"reject":{"reason":"\#(reason)"}}"# + "\n") == .rejected)
            examineEnd(end, .rejected)
        }
    }

    @Test("A hello with a Lamport number that is too far ahead, or an odd id, is refused and changes nothing")
    func refusedHello() throws {
        let end = try LinkEnd(replica("a") { $0.limits.versionJump = 100 })
        let before = Snapshot(end.replica)
        #expect(end.write(hello { $0.lamport = 102 }) == .versionJump)
        #expect(end.write(hello { $0.id = Bytes("") }) == .id)
        #expect(end.write(hello { $0.lamport = 1 << 53 }) == .version)
        #expect(Snapshot(end.replica) == before)
        #expect(end.readLines().isEmpty)
        #expect(end.write(hello { $0.lamport = 101 }) == nil)
        // The Lamport number waits for the peer's clock, which may show a clash of ids.
        #expect(end.replica.version == before.version)
    }

    @Test("An update that belongs to no answer is refused, and so are a cover and one on a read-only link")
    func strays() throws {
        let end = try LinkEnd(replica("a"))
        #expect(end.write(hello()) == nil)
        let before = end.replica.allEntries
        #expect(end.write(line("k", "1", "x", 9) + "\n") == .message)
        #expect(end.write(#"{"digest":true,"cover":{"x":[0,9]}}"# + "\n") == .message)
        let closed = try LinkEnd(end.replica, .readOnly)
        #expect(closed.write(hello()) == nil)
        #expect(closed.write(#"{"digest":true,"answer":{"mode":"log","question":[1,0]}}"# + "\n") == nil)
        #expect(closed.write(line("k", "1", "x", 9) + "\n") == .readOnly)
        #expect(closed.write(#"{"digest":true,"cover":{"x":[0,9]}}"# + "\n") == .readOnly)
        #expect(
            closed.write(
                #"{"digest":true,"commit":{"answer":4,"stamp":1,"sources":{"x":[0,2]},"from":0,"to":1,"last":true}}"#
                    + "\n")
                == .readOnly)
        #expect(end.replica.allEntries == before)
        #expect(end.replica.clock["x"] == nil)
    }

    @Test("Over a read-only link all goes out, and nothing comes in", arguments: [[], .datagram] as [Link.Options])
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
