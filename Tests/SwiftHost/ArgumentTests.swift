import Scuttle
import Testing

@Suite struct ArgumentTests {
    @Test func codesAreThoseOfTheHeader() {
        #expect(ScuttleError.Code.allCases.map(\.rawValue) == (1...38).map { -$0 })
    }

    @Test func names() {
        expect(.id) { try Replica("") }
        expect(.id) { try Replica(String(repeating: "x", count: 247)) }
        expect(.id) { try Replica("lamp~abcdefgh") }
        expect(.nul) { try Replica("a\0b") }
        var configuration = Configuration()
        configuration.cluster = "a\0b"
        expect(.nul) { try Replica("a", configuration) }
        configuration.cluster = String(repeating: "x", count: 256)
        expect(.argument) { try Replica("a", configuration) }
        configuration.cluster = String(repeating: "x", count: 255)
        #expect(throws: Never.self) { try Replica("a", configuration) }
    }

    @Test func keys() throws {
        let replica = try Replica("a")
        let long = String(repeating: "x", count: 65_537)
        for (code, key) in [(.key, ""), (.nul, "\0"), (.nul, "a\0"), (.keySize, long)] as [(ScuttleError.Code, String)]
        {
            expect(code) { try replica.set(key, to: "1") }
            expect(code) { try replica.set(key, to: "1", timeToLive: .seconds(1)) }
            expect(code) { try replica.remove(key) }
            expect(code) { try replica.get(key) }
            expect(code) { try replica[key] }
        }
        try replica.set(String(repeating: "x", count: 65_536), to: "1")
        #expect(try replica.version == 1)
        #expect(try replica.count == 1)
    }

    @Test func values() throws {
        let replica = try Replica("a")
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let long = "\"" + String(repeating: "x", count: 1 << 20) + "\""
        for (code, value) in [
            (.json, ""), (.json, "nonsense"), (.json, "1 2"), (.json, "1\0"), (.json, "NaN"),
            (.duplicate, "{\"a\":1,\"a\":2}"),
            (.number, "1e999"), (.depth, deep), (.valueSize, long), (.nul, "{\"a\\u0000\":1}"),
        ] as [(ScuttleError.Code, String)] {
            expect(code) { try replica.set("k", to: JSONText(value)) }
        }
        for bytes in [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]] as [[UInt8]] {
            expect(.utf8) { try replica.set("k", to: JSONText(bytes)) }
        }
        #expect(try replica.version == 0)
    }

    @Test func configurations() throws {
        let limits: [WritableKeyPath<Configuration, Int?>] = [
            \.mtu, \.maxHistory, \.maxTombstones, \.maxRetired, \.maxRefused, \.maxKeys, \.maxBytes, \.maxMessageBytes,
            \.maxKeyBytes, \.maxValueBytes, \.maxDepth, \.maxSources, \.maxLinks,
        ]
        for limit in limits {
            for number in [0, -1, .min] {
                var configuration = Configuration()
                configuration[keyPath: limit] = number
                expect(.argument) { try Replica("a", configuration) }
            }
            var configuration = Configuration()
            configuration[keyPath: limit] = 64
            #expect(throws: Never.self) { try Replica("a", configuration) }
        }
        for limit in limits.prefix(7) {
            var configuration = Configuration()
            configuration[keyPath: limit] = .max
            #expect(throws: Never.self) { try Replica("a", configuration) }
        }
        for limit in limits.dropFirst(7) {
            var configuration = Configuration()
            configuration[keyPath: limit] = .max
            expect(.argument) { try Replica("a", configuration) }
        }
        for change in [
            { $0.seed = 0 }, { $0.maxVersionJump = 0 }, { $0.retireAfter = .zero }, { $0.retireAfter = .seconds(-1) },
            { $0.protocolVersions = 0...1 }, { $0.protocolVersions = 1...2 }, { $0.protocolVersions = 7...9 },
        ] as [(inout Configuration) -> Void] {
            var configuration = Configuration()
            change(&configuration)
            expect(.argument) { try Replica("a", configuration) }
        }
        var configuration = Configuration()
        configuration.seed = 7
        configuration.maxVersionJump = .max
        configuration.retireAfter = .seconds(Int64.max)
        configuration.protocolVersions = 1...1
        #expect(try Replica("a", configuration).source == Replica("a", configuration).source)
    }

    @Test func limits() throws {
        var configuration = Configuration()
        configuration.maxKeys = 1
        configuration.maxLinks = 1
        let replica = try Replica("a", configuration)
        try replica.set("k", to: "1")
        expect(.keys) { try replica.set("l", to: "1") }
        let link = try replica.openLink()
        expect(.links) { try replica.openLink() }
        link.close()
        #expect(throws: Never.self) { try replica.openLink() }
        configuration = Configuration()
        configuration.maxBytes = 20_000
        let small = try Replica("a", configuration)
        expect(.bytes) { try small.set("k", to: JSONText("\"" + String(repeating: "x", count: 100_000) + "\"")) }
    }

    @Test func errorsHaveParticulars() throws {
        let replica = try Replica("a")
        do {
            try replica.set("", to: "1")
            Issue.record("no error")
        } catch {
            #expect(error.code == .key)
            #expect(error.description == "\(error.message) (-8)")
        }
    }

    @Test func linkOptions() throws {
        let replica = try Replica("a")
        expect(.argument) { try replica.openLink(Link.Options(rawValue: 1 << 31)) }
        expect(.argument) { try replica.openLink([.history]) }
        expect(.argument) { try replica.openLink([.datagram, .classic]) }
        var configuration = Configuration()
        configuration.cluster = "blue"
        expect(.cluster) { try Replica("a", configuration).openLink(.classic) }
        #expect(try replica.openLink([.live, .any, .history]).options == [.live, .any, .history])
    }

    @Test func reads() throws {
        let link = try Replica("a").openLink()
        try link.gossip()
        expect(.argument) { try link.read(upTo: -1) }
        expect(.argument) { try link.read(upTo: .min) }
        #expect(try link.read(upTo: 0) == [])
        #expect(try link.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0)) == 0)
        let first = try link.read(upTo: 1)
        #expect(first == [UInt8(ascii: "{")])
        let rest = try link.read(upTo: .max)
        #expect(rest.count > 50 && rest.last == UInt8(ascii: "\n"))
        #expect(try link.read() == [])
    }

    @Test func writes() throws {
        let replica = try Replica("a")
        let link = try replica.openLink()
        #expect(try link.write([]) == .done)
        #expect(try link.write(UnsafeRawBufferPointer(start: nil, count: 0)) == .done)
        #expect(try link.write(Array("\n\n".utf8)[1...]) == .done)
        expect(.json) { try link.write(Array("nonsense\n".utf8)) }
        #expect(try link.info.lastError == .json)
        expect(.utf8) { try link.write([0x22, 0xff, 0x22, 0x0a]) }
        expect(.message) { try link.write(Array("{}\n".utf8)) }
        var configuration = Configuration()
        configuration.maxMessageBytes = 100
        let narrow = try Replica("a", configuration).openLink()
        expect(.messageSize) { try narrow.write([UInt8](repeating: UInt8(ascii: "x"), count: 200)) }
    }

    @Test func closedLinks() throws {
        let replica = try Replica("a")
        let link = try replica.openLink()
        #expect(!link.isClosed)
        link.close()
        link.close()
        #expect(link.isClosed)
        expect(.argument) { try link.write([1]) }
        expect(.argument) { try link.read() }
        expect(.argument) { try link.gossip() }
        expect(.argument) { try link.info }
        #expect(throws: Never.self) { try replica.set("k", to: "1") }
    }
}
