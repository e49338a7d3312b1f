import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Two keys or contents with one timestamp, which no honest replica writes. The same one stands in all replicas.
@Suite("Equivocation")
struct EquivocationTests {
    /// Contents of one write, from the one that stands over all others to the one that loses to all.
    private static let contents = [
        PlainUpdate(delete: "k", "x", 4), PlainUpdate(expiry: "k", "x", 4), PlainUpdate("k", "1", "x", 4),
        PlainUpdate("k", "2", "x", 4), PlainUpdate("k", "[]", "x", 4), PlainUpdate("k", "1.5", "x", 4),
        PlainUpdate("k", "true", "x", 4),
    ]

    @Test(
        "A delete stands over a value, an ordinary one over an expiry, then the shorter text, then the bytewise smaller"
    )
    func tieBreak() {
        for (a, first) in Self.contents.enumerated() {
            for (b, second) in Self.contents.enumerated() {
                let order = first.value.lend { mine in
                    second.value.lend { Store.tieBreak(first.kind, mine, against: second.kind, $0) }
                }
                check(order.signum() == (b - a).signum(), "\(first) against \(second): \(order)")
            }
        }
    }

    @Test("A content that loses to the present one is an error, and changes nothing; an equal one is no difference")
    func refused() throws {
        for (index, known) in Self.contents.enumerated() {
            let replica = try Replica.make()
            try replica.receive(known)
            let before = Snapshot(replica)
            for other in Self.contents[(index + 1)...] + [PlainUpdate("other", "1", "x", 4)] {
                // A classic peer drops the member that distinguishes deletes.
                let expected = known.kind != .value && other.kind != .value ? nil : Failure.Code.corrupt
                #expect(failure { () throws(Failure) in try replica.receive(other) } == expected, "\(other)")
            }
            #expect(failure { () throws(Failure) in try replica.receive(known) } == nil)
            #expect(Snapshot(replica) == before)
        }
    }

    @Test("A covered content is an error, and changes nothing, although it would stand")
    func covered() throws {
        let replica = try Replica.make()
        try replica.receive(Self.contents[3])
        let before = Snapshot(replica)
        #expect(failure { () throws(Failure) in try replica.receive(Self.contents[0]) } == .corrupt)
        #expect(Snapshot(replica) == before)
    }

    @Test(
        "A content that stands over the present one replaces it if its dot is not covered, and is reported by an event")
    func replaced() throws {
        for (index, known) in Self.contents.enumerated().dropFirst() {
            for other in Self.contents[..<index] {
                let told = Collected<String>()
                let end = try LinkEnd(
                    Replica.make("a") { $0.onEvent = { told.all.append("\($1) \($2)") } })
                var peer = HandPeer(end)
                peer.beAsked()
                // Out of order, so that both copies of the dot are not covered.
                peer.say(peer.head())
                told.all = []
                #expect(end.write(known.line + "\n") == nil)
                #expect(told.all.isEmpty)
                #expect(end.write(other.line + "\n") == nil)
                #expect(told.all == ["diverged \(Failure.Code.corrupt.rawValue)"])
                #expect(end.replica.entry("k") == other)
                #expect(end.write(known.line + "\n") == .corrupt)
                #expect(end.replica.entry("k") == other)
                #expect(end.replica.broken == nil)
            }
        }
    }

    @Test("Under another dot too: of two copies of one write with two contents one stands, in any order of arrival")
    func underAnotherDot() throws {
        for (a, first) in Self.contents.enumerated() {
            for (b, second) in Self.contents.enumerated() where a != b {
                let replica = try Replica.make()
                try replica.receive(first)
                let again = second.republished("y", 9)
                let code = failure { () throws(Failure) in try replica.receive(again) }
                // An expiry and the value that it ends are not two contents.
                let isExpiry = first.kind == .expiry && second.kind == .value
                let expected = b < a || isExpiry ? nil : Failure.Code.corrupt
                check(code == expected, "\(first), then \(again): \(String(describing: code))")
                check(replica.entry("k") == (b < a ? again : first), "\(first), then \(again)")
                check(replica.broken == nil, "\(replica.broken ?? "")")
            }
        }
    }

    @Test("Of two copies with one content the newer dot is kept, and no callback is called")
    func copies() throws {
        let told = Collected<PlainUpdate>()
        let replica = try Replica.make { $0.onUpdate = { told.all.append(PlainUpdate($0)) } }
        let write = PlainUpdate("k", "1", "x", 4)
        for (copy, standing) in [
            (write, write), (write.republished("y", 9), write.republished("y", 9)),
            (write.republished("b", 9), write.republished("y", 9)),
            (write.republished("z", 8), write.republished("y", 9)),
            (write.republished("z", 9), write.republished("z", 9)),
        ] {
            #expect(failure { () throws(Failure) in try replica.receive(copy) } == nil)
            #expect(replica.entry("k") == standing)
        }
        #expect(told.all == [write])
        #expect(replica.vector == ["x": 4, "y": 9, "b": 9, "z": 9])
        #expect(replica.broken == nil)
    }

    @Test("Another version, or another source, is another update")
    func others() throws {
        let replica = try Replica.make()
        try replica.receive(PlainUpdate("k", "1", "x", 4))
        for update in [PlainUpdate("k", "2", "x", 5), PlainUpdate("k", "3", "y", 4), PlainUpdate("k", "4", "x", 3)] {
            #expect(failure { () throws(Failure) in try replica.receive(update) } == nil)
        }
        #expect(replica.entry("k") == PlainUpdate("k", "2", "x", 5))
    }

    @Test("A delta accounts for the dot of a losing content, too")
    func accounted() throws {
        let end = try LinkEnd(Replica.make("a"))
        try end.replica.receive(PlainUpdate("x1", "1", "x", 1))
        var peer = HandPeer(end)
        peer.beAsked()
        let lines = [
            PlainUpdate("x2", "1", "x", 2), PlainUpdate("y1", "1", "y", 1), PlainUpdate("x1", "2", "x", 1),
        ].map(\.line)
        #expect(peer.say(peer.head()) == nil)
        #expect(lines.map { end.write($0 + "\n") } == [nil, nil, .corrupt])
        #expect(peer.say(HandPeer.cover(#""x":[1,2],"y":[0,1]"#, of: lines)) == nil)
        #expect(end.replica.vector["x"] == 2)
        #expect(end.replica.vector["y"] == 1)
        #expect(end.replica.entry("x1") == PlainUpdate("x1", "1", "x", 1))
        #expect(end.replica.broken == nil)
    }
}
