import Scuttle
import Testing

@Suite struct StateTests {
    private let save: [UInt8]

    init() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "[1, 2]")
        try replica.set("l", to: "\"é\"")
        try replica.remove("k")
        save = try replica.export()
    }

    private func start(_ state: [UInt8]?) throws -> Replica {
        var configuration = Configuration()
        configuration.state = state
        return try Replica("a", configuration)
    }

    @Test func aReplicaStartsFromItsSave() throws {
        let imported = try Replica("a")
        try imported.import(save)
        let replica = try start(save)
        #expect(!replica.isTruncated)
        #expect(try replica.entries() == imported.entries())
        #expect(try replica.fingerprint == imported.fingerprint)
        #expect(try replica.version == 3)
        expect(.argument) { try replica.import(save) }
        try replica.set("k", to: "1")
        #expect(try replica.get("k")?.timestamp == Dot(source: replica.source, version: 4))
    }

    @Test func aTruncatedSaveIsReported() throws {
        let replica = try start(Array(save.dropLast(5)))
        #expect(replica.isTruncated)
        #expect(try replica["l"] == "\"é\"")
    }

    @Test func withoutLinesTheReplicaIsNew() throws {
        for state in [nil, []] as [[UInt8]?] {
            let replica = try start(state)
            #expect(!replica.isTruncated)
            #expect(try replica.count == 0)
            #expect(try replica.import(save) == .done)
        }
    }

    @Test func badLinesAreErrors() {
        expect(.json) { try start(Array("nonsense\n".utf8)) }
        expect(.message) { try start(Array("{}\n".utf8)) }
        expect(.utf8) { try start([0x22, 0xff, 0x22, 0x0a]) }
    }

    @Test func aCustomResolverReadsTheState() throws {
        var configuration = Configuration(
            resolver: .custom { update, current in current == nil || update.value != "null" })
        configuration.state = save
        #expect(try Replica("b", configuration)["l"] == "\"é\"")
    }
}
