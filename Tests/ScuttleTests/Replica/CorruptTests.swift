import Testing

@testable import Scuttle

/// Updates whose source and version are those of an entry with another content: somebody has two lives under one id.
@Suite("Corrupt updates")
struct CorruptTests {
    private static let known = PlainUpdate("k", "1", "x", 4)
    private static let variants = [
        PlainUpdate("k", "2", "x", 4), PlainUpdate("other", "1", "x", 4), PlainUpdate(delete: "k", "x", 4),
        PlainUpdate(expiry: "k", "x", 4), PlainUpdate("k", "1.0", "x", 4),
    ]

    @Test("Each difference is told, and changes nothing; the same again is no difference", arguments: variants)
    func told(other: PlainUpdate) throws {
        let replica = try Replica.make()
        try replica.receive(Self.known)
        let before = Snapshot(replica)
        #expect(failure { () throws(Failure) in try replica.receive(other) } == .corrupt)
        #expect(failure { () throws(Failure) in try replica.receive(Self.known) } == nil)
        #expect(Snapshot(replica) == before)
    }

    @Test("Another version, or another source, is another update")
    func others() throws {
        let replica = try Replica.make()
        try replica.receive(Self.known)
        for update in [PlainUpdate("k", "2", "x", 5), PlainUpdate("k", "3", "y", 4), PlainUpdate("k", "4", "x", 3)] {
            #expect(failure { () throws(Failure) in try replica.receive(update) } == nil)
        }
        #expect(replica.entry("k") == PlainUpdate("k", "2", "x", 5))
    }

    @Test("Kinds of deletes differ too")
    func kinds() throws {
        let replica = try Replica.make()
        try replica.receive(PlainUpdate(delete: "k", "x", 4))
        #expect(failure { () throws(Failure) in try replica.receive(PlainUpdate(expiry: "k", "x", 4)) } == .corrupt)
    }

    @Test("An answer does not vouch for the source of what was refused, and for the others it does")
    func excluded() throws {
        let end = try LinkEnd(Replica.make("a"))
        try end.replica.receive(PlainUpdate("x1", "1", "x", 1))
        let life = end.replica.life
        for line in [
            #"{"digest":true,"hello":{"protocol":[1,1],"id":"peer","life":5,"cluster":"","lamport":9,"epoch":0,"revision":1,"hash":"0000000000000063","reply":true}}"#,
            #"{"digest":true,"answer":{"mode":"log","question":[\#(life),0]}}"#, line("x2", "1", "x", 2),
            line("y1", "1", "y", 1),
        ] {
            #expect(end.write(line + "\n") == nil)
        }
        #expect(end.write(line("x1", "other", "x", 1).replacing("other", with: "2") + "\n") == .corrupt)
        #expect(end.write(#"{"digest":true,"cover":{"x":[1,2],"y":[0,1]}}"# + "\n") == nil)
        #expect(end.replica.clock["x"] == 1)
        #expect(end.replica.clock["y"] == 1)
        #expect(end.replica.broken == nil)
    }
}
