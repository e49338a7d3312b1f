import Scuttle
import Testing

@Suite struct LinkTests {
    @Test(arguments: [[], .live, .any, .datagram, [.datagram, .live]] as [Link.Options])
    func replicasConverge(options: Link.Options) throws {
        let pair = try Pair(Configuration(), Configuration(), options)
        for index in 0..<500 {
            try pair.here.set("here/\(index)", to: JSONText("\(index)"))
            try pair.there.set("there/\(index)", to: JSONText("\"\(index)\""))
        }
        for _ in 0..<5 { #expect(try pair.settle() == []) }
        #expect(try pair.here.count == 1_000)
        #expect(try pair.here.entries() == pair.there.entries())
        #expect(try pair.here.fingerprint == pair.there.fingerprint)
    }

    @Test func aLinkKnowsItsPeer() throws {
        let pair = try Pair(Configuration(), Configuration(), .live)
        let before = try pair.toThere.info
        #expect(before.peerName == nil && before.peerSource == nil && before.dialect == .unknown)
        #expect(!before.isInStep && !before.isLive && !before.hasEnded && before.lastError == nil)
        try pair.settle()
        let after = try pair.toThere.info
        #expect(after.peerName == "there" && after.peerSource == pair.there.source && after.dialect == .extended)
        #expect(after.isInStep && after.isLive && !after.hasEnded)
        #expect(pair.toThere.replica === pair.here)
    }

    @Test func figuresAndConfirmations() throws {
        let pair = try Pair(Configuration(), Configuration(), .live)
        try pair.settle()
        for index in 0..<5 { try pair.here.set("k\(index)", to: "1") }
        #expect(try pair.toThere.info.lag == 5)
        #expect(try pair.here.confirmedPeers() == 0)
        try pair.settle()
        try pair.settle()
        let info = try pair.toThere.info
        #expect(info.lag == 0 && info.confirmedVersion >= 5)
        #expect(try pair.here.confirmedPeers(upTo: 5) == 1)
        let (here, there) = (try pair.here.statistics, try pair.there.statistics)
        #expect(here.keys == 5 && here.sets == 5 && here.links == 1 && here.linksInStep == 1)
        #expect(there.applied == 5 && there.received == 5 && there.sets == 0)
        #expect(here.bytesOut == there.bytesIn && here.bytesOut == info.bytesOut && info.bytesOut > 0)
        #expect(here.messagesIn == there.messagesOut && here.messagesIn == info.messagesIn && info.messagesIn > 0)
    }

    @Test func liveLinksSendUnasked() throws {
        let pair = try Pair(Configuration(), Configuration(), .live)
        try pair.settle()
        try pair.here.set("k", to: "1")
        try pair.settle(gossips: false)
        #expect(try pair.there["k"] == "1")
    }

    @Test func readOnlyLinksTakeNothing() throws {
        let pair = try Pair(Configuration(), Configuration(), .readOnly, [])
        try pair.there.set("k", to: "1")
        try pair.here.set("l", to: "2")
        let codes = try pair.settle()
        #expect(codes.allSatisfy { $0 == .readOnly })
        #expect(try pair.here["k"] == nil)
        #expect(try pair.there["l"] == "2")
    }

    @Test func classicLinksSpeakTheClassicDialect() throws {
        let pair = try Pair(Configuration(), Configuration(), .classic)
        try pair.here.set("k", to: "1")
        #expect(try pair.settle() == [])
        #expect(try pair.there["k"] == "1")
        #expect(try pair.toHere.info.dialect == .classic)
        let mixed = try Pair(Configuration(), Configuration(), .classic, [])
        #expect(try mixed.settle().contains(.protocolVersion))
        #expect(try mixed.toHere.info.hasEnded)
    }

    @Test func clustersDoNotMix() throws {
        let events = Box<[Event]>([])
        var blue = Configuration()
        blue.cluster = "blue"
        blue.onEvent = { _, event in events.value.append(event) }
        var green = Configuration()
        green.cluster = "green"
        let pair = try Pair(blue, green)
        let codes = try pair.settle()
        #expect(codes.contains(.cluster))
        #expect(events.value.contains(.ended(.cluster)) || events.value.contains(.ended(.rejected)))
    }

    @Test func unaskedUpdatesAreRefused() throws {
        let link = try Replica("a").openLink(.any)
        let pair = try Pair()
        try pair.settle()
        try pair.here.set("k", to: "1")
        let line = "{\"source_id\":\"x\",\"version\":1,\"key\":\"k\",\"value\":1}\n"
        expect(.unasked) { try pair.toHere.write(Array(line.utf8)) }
        link.close()
    }

    @Test func linesOfAPeerAreChecked() throws {
        var configuration = Configuration()
        configuration.usesExactID = true
        configuration.maxVersionJump = 1_000
        configuration.maxSources = 2
        configuration.maxKeyBytes = 4
        configuration.maxValueBytes = 8
        configuration.maxDepth = 2
        let link = try Replica("a", configuration).openLink(.classic)
        func line(
            _ source: String = "\"x\"", _ version: String = "1", _ key: String = "\"k\"", _ value: String = "1"
        ) -> [UInt8] {
            Array("{\"source_id\":\(source),\"version\":\(version),\"key\":\(key),\"value\":\(value)}\n".utf8)
        }
        #expect(try link.write(line()) == .done)
        #expect(try link.replica["k"] == "1")
        expect(.identity) { try link.write(line("\"a\"", "7")) }
        expect(.id) { try link.write(line("\"\"")) }
        expect(.nul) { try link.write(line("\"x\\u0000\"")) }
        expect(.sources) { try link.write(line("\"y\"")) }
        expect(.versionJump) { try link.write(line("\"x\"", "5000")) }
        for version in ["0", "-1", "1.5", "9007199254740992"] {
            expect(.version) { try link.write(line("\"x\"", version)) }
        }
        expect(.key) { try link.write(line("\"x\"", "2", "\"\"")) }
        expect(.keySize) { try link.write(line("\"x\"", "2", "\"abcde\"")) }
        expect(.valueSize) { try link.write(line("\"x\"", "3", "\"k\"", "123456789")) }
        expect(.depth) { try link.write(line("\"x\"", "4", "\"k\"", "[[[]]]")) }
        expect(.duplicate) { try link.write(Array("{\"a\":1,\"a\":2}\n".utf8)) }
        expect(.number) { try link.write(line("\"x\"", "5", "\"k\"", "1e999")) }
        #expect(try link.replica["k"] == "1")
    }

    @Test func versionsRunOut() throws {
        let replica = try Replica("a")
        let last = "{\"source_id\":\"x\",\"version\":9007199254740991,\"key\":\"k\",\"value\":1}\n"
        #expect(try replica.import(Array(last.utf8)) == .done)
        #expect(try replica.version == 9_007_199_254_740_991)
        expect(.exhausted) { try replica.set("l", to: "1") }
        expect(.exhausted) { try replica.remove("k") }
    }

    @Test func datagrams() throws {
        let pair = try Pair(Configuration(), Configuration(), .datagram)
        try pair.here.gossip()
        expect(.space) { try pair.toThere.read(upTo: 10) }
        for index in 0..<100 { try pair.here.set("k\(index)", to: "1") }
        try pair.here.set("large", to: JSONText("\"" + String(repeating: "x", count: 5_000) + "\""))
        var codes: Set<ScuttleError.Code> = []
        for _ in 0..<10 {
            try pair.here.gossip()
            try pair.there.gossip()
            var isQuiet = false
            while !isQuiet {
                isQuiet = true
                for (from, to) in [(pair.toThere, pair.toHere), (pair.toHere, pair.toThere)] {
                    do throws(ScuttleError) {
                        let datagram = try from.read(upTo: 1_200)
                        #expect(datagram.count <= 1_200)
                        if datagram.isEmpty { continue }
                        isQuiet = false
                        try to.write(datagram)
                    } catch {
                        isQuiet = false
                        codes.insert(error.code)
                    }
                }
            }
        }
        #expect(codes == [.datagram])
        #expect(try pair.there.count == 100)
        #expect(try pair.toThere.read(upTo: .max).count < 1 << 20)
    }

    @Test func backpressure() throws {
        let drains = Box(0)
        var configuration = Configuration()
        configuration.mtu = 4
        configuration.onDrain = { replica in
            drains.value += 1
            expect(.busy) { try replica.set("k", to: "1") }
        }
        let pair = try Pair(configuration, Configuration(), .live)
        try pair.settle()
        let outcomes = try (1...6).map { try pair.here.set("k", to: JSONText("\($0)")) }
        #expect(outcomes.first == .done && outcomes.last == .full)
        #expect(try pair.here.gossip() == .full)
        #expect(try pair.here.remove("other") == .full)
        #expect(drains.value == 0)
        try pair.settle(gossips: false)
        #expect(drains.value == 1)
    }
}
