import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Datagrams with a forged address: until a peer has echoed the link's token, it receives no more bytes than it sent, and its
/// messages do not count.
@Suite("Address check")
struct AddressCheckTests {
    private func replica(_ id: String, keys: Int = 0) throws -> Replica {
        let replica = try Replica.make(id, seed: UInt64(id.utf8.first ?? 0)) { $0.maxHistory = 1000 }
        for number in 0..<keys { try replica.set("key \(number)", "\"a value of some length, \(number)\"") }
        return replica
    }

    private func hello(token: UInt64? = 77) -> String {
        let text = HandPeer.line(HandPeer.hello(isReply: false)) + "\n"
        return text.replacing(#""token":77,"#, with: token.map { #""token":\#($0),"# } ?? "")
    }

    private func bytes(_ end: LinkEnd) -> Int {
        end.readDatagrams(capacity: 1200).datagrams.reduce(0) { $0 + $1.count }
    }

    @Test("Without an echo, no more bytes are sent than were received, and nothing changes")
    func amplification() throws {
        let end = try LinkEnd(replica("a", keys: 500), .datagram)
        let request = HandPeer.line(#""request":{"revision":0,"from":0}"#) + "\n"
        let vector = HandPeer.line(HandPeer.vector(#""ghost":7"#, lamport: 9_000)) + "\n"
        let reject = HandPeer.line(#""reject":{"reason":"cluster"}"#) + "\n"
        let twin = HandPeer.line(#""twin":true"#) + "\n"
        let refused = HandPeer.line(#""refused":[["a",3,22]]"#) + "\n"
        let wrong = [0, 1, 77, 1 << 52].map { HandPeer.line(#""echo":\#($0)"#) + "\n" }
        let challenge = HandPeer.line(#""challenge":9"#) + "\n"
        let before = Snapshot(end.replica)
        var (sent, received) = (0, 0)
        for front in [""] + wrong {
            for text in [
                hello(), hello(token: nil), hello(token: 0), hello() + request + vector, request, vector, reject, twin,
                refused,
                challenge, hello() + challenge + reject, String(repeating: hello(), count: 20), "nonsense\n", "\n",
                "{}",
            ] {
                end.write(front + text)
                sent += front.utf8.count + text.utf8.count
                received += bytes(end)
                check(received <= sent, "\(front)\(text): \(received) bytes for \(sent)")
            }
        }
        #expect(received > 0, "a hello is challenged")
        #expect(Snapshot(end.replica) == before)
        #expect(end.replica.version == 500)
        end.link.gossip()
        #expect(end.readLines().contains { $0.contains(#""hello":"#) }, "the link has not ended")
    }

    @Test("A peer that echoes the token of the challenge receives everything, without a longer delay")
    func challenged() throws {
        let (a, b) = (try replica("a", keys: 500), try replica("b"))
        let ends = (try LinkEnd(a, .datagram), try LinkEnd(b, .datagram))
        ends.1.link.gossip()
        let exchange = carry(ends.0, ends.1)
        #expect(exchange.refused.isEmpty)
        #expect(exchange.lines("challenge").count == 1, "of the one that was asked")
        #expect(b.allEntries == a.allEntries)
        for other in [ends.0, ends.1] { other.link.gossip() }
        #expect(carry(ends.0, ends.1).lines("challenge").isEmpty)
    }

    @Test("A peer that starts anew at the same address is accepted again; a forged start is not")
    func again() throws {
        let (a, b) = (try replica("a", keys: 20), try replica("b", keys: 3))
        let end = try LinkEnd(a, .datagram)
        let first = try LinkEnd(b, .datagram)
        first.link.gossip()
        _ = carry(end, first)
        #expect(b.count == 20)
        // An attacker sends a hello in its place: the conversation goes on.
        end.write(hello())
        #expect(end.readLines().count == 2, "an echo and a challenge, to whoever that was")
        try a.set("new", "1")
        end.link.gossip()
        #expect(carry(end, first).lines("challenge").isEmpty)
        #expect(try b.value("new") == "1")
        // The same peer starts again.
        first.close()
        let second = try LinkEnd(b, .datagram)
        try a.set("newer", "1")
        second.link.gossip()
        _ = carry(end, second)
        #expect(try b.value("newer") == "1")
        // The other side requests.
        second.close()
        let third = try LinkEnd(b, .datagram)
        try a.set("newest", "1")
        end.link.gossip()
        _ = carry(end, third)
        #expect(try b.value("newest") == "1")
    }

    @Test("A reject counts if it echoes the token")
    func reject() throws {
        let end = try LinkEnd(replica("a"), .datagram)
        let text = HandPeer.line(#""reject":{"reason":"cluster"}"#) + "\n"
        #expect(end.write(text) == nil)
        #expect(end.write(HandPeer.line(#""echo":3"#) + "\n" + text) == nil)
        #expect(end.write(end.echo + text) == .rejected)
    }

    @Test("Lost, repeated and late datagrams of a beginning do no harm", arguments: 0..<40)
    func fates(seed: UInt64) throws {
        var random = RandomSource(seed: seed)
        let (a, b) = (try replica("a", keys: 40), try replica("b", keys: 7))
        let ends = (try LinkEnd(a, .datagram), try LinkEnd(b, .datagram))
        for _ in 0..<60 where a.allEntries != b.allEntries {
            for end in [ends.0, ends.1] { end.link.gossip() }
            _ = carry(ends.0, ends.1) { [0, 1, 1, 2][random.next(below: 4)] }
        }
        #expect(a.allEntries == b.allEntries)
    }

    @Test("Each link has a token of its own")
    func ownTokens() throws {
        let a = try replica("a")
        let tokens = try (0..<64).map { _ in try LinkEnd(a, .datagram).link.address?.token ?? 0 }
        #expect(Set(tokens).count == 64)
        #expect(tokens.allSatisfy { $0 > 0 && $0 <= .highest })
        #expect(try LinkEnd(a).link.address == nil, "a stream comes from where it goes to")
    }
}
