import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Lost messages, and messages that are too large.
@Suite("Scenario: loss and size")
struct LossTests {
    /// chitchat#127: a node's state exceeded the size of a message. The rest was never sent, and the receiver waited for ever.
    @Test(
        "A snapshot far larger than the mtu and any datagram arrives in parts (chitchat#127)",
        arguments: Link.Options.ways, [1, 2, 10])
    func largeSnapshot(options: Link.Options, mtu: Int) throws {
        let mesh = try Mesh("a b", over: options, capacity: 600) { ($0.mtu, $0.maxHistory) = (mtu, 1) }
        for number in 0..<300 {
            let source = "source \(number % 50)"
            try mesh["a"].receive(PlainUpdate("k\(number)", "[\(number)]", source, Version(number + 1)))
        }
        let pair = try mesh.pair("a", "b")
        pair.b.link.gossip()
        #expect(mesh.carry(pair, rounds: 2000).isQuiet)
        #expect(mesh["b"].count == 300)
        mesh.expectAgreement()
    }

    /// automerge#1284: after one message of a reconciliation was lost, both sides sent the same messages again and again.
    @Test(
        "After the loss of any datagram both stop sending, and the next request makes them equal (automerge#1284)",
        arguments: [1, 100])
    func oneLost(history: Int) throws {
        var lost = 0
        while true {
            let mesh = try Mesh("a b", over: .datagram, capacity: 500) { $0.maxHistory = history }
            for number in 0..<25 { try mesh["a"].set("k\(number)", "1") }
            for number in 0..<5 { try mesh["b"].set("of b \(number)", "1") }
            try mesh["b"].delete("k1")
            let pair = try mesh.pair("a", "b")
            pair.gossip()
            var count = -1
            let exchange = mesh.carry(pair) {
                count += 1
                return count == lost ? 0 : 1
            }
            check(exchange.isQuiet, "without datagram \(lost) it is endless")
            check(exchange.refused.isEmpty, "without datagram \(lost): \(exchange.refused)")
            check(exchange.datagrams.count < 200, "without datagram \(lost): \(exchange.datagrams.count) datagrams")
            // The other replica requests now, so that each side recovers by itself.
            (lost % 2 == 0 ? pair.a : pair.b).link.gossip()
            let more = mesh.carry(pair)
            check(more.isQuiet, "then it is endless")
            pair.gossip()
            _ = mesh.carry(pair)
            mesh.expectAgreement()
            guard count >= lost else { break }
            lost += 1
        }
        #expect(lost > 8, "the test must lose something")
    }

    @Test(
        "With a datagram repeated, or swapped with the next, both stop sending as well (automerge#1284)",
        arguments: 0..<30)
    func repeated(position: Int) throws {
        for isSwap in [false, true] {
            let mesh = try Mesh("a b", over: .datagram, capacity: 450) { $0.maxHistory = position % 2 == 0 ? 1 : 100 }
            for number in 0..<25 { try mesh["a"].set("k\(number)", "1") }
            for number in 0..<5 { try mesh["b"].set("of b \(number)", "1") }
            let pair = try mesh.pair("a", "b")
            pair.gossip()
            var count = 0
            for round in 0... {
                var isQuiet = true
                for (from, to) in [(pair.a, pair.b), (pair.b, pair.a)] {
                    var datagrams = from.readDatagrams(capacity: 450).datagrams
                    if !datagrams.isEmpty { isQuiet = false }
                    for index in datagrams.indices where count + index == position {
                        if isSwap, index + 1 < datagrams.count { datagrams.swapAt(index, index + 1) }
                        if !isSwap { datagrams.append(datagrams[index]) }
                    }
                    count += datagrams.count
                    for datagram in datagrams { check(to.write(datagram) == nil, "at \(position)") }
                }
                if isQuiet { break }
                guard round < 300 else {
                    check(false, "at \(position) it is endless")
                    break
                }
            }
            pair.gossip()
            _ = mesh.carry(pair)
            mesh.expectAgreement()
        }
    }

    /// quickwit#6653: nodes that had left for ever filled every digest, until a digest alone exceeded the size of a message.
    @Test("Ended sources do not enlarge a gossip of equal replicas, nor one about a new write (quickwit#6653)")
    func deadSources() throws {
        let mesh = try Mesh("a b", over: .datagram, capacity: 1200)
        for number in 0..<3000 {
            try mesh["a"].receive(PlainUpdate("k", "1", "dead source \(number)", Version(number + 1)))
        }
        try mesh.meet("a", "b", times: 3)
        mesh.expectAgreement()
        // Equal replicas: two hellos.
        let pair = try mesh.pair("a", "b")
        exchangeTokens(pair.a, pair.b)
        pair.gossip()
        #expect(mesh.carry(pair).datagrams.count <= 4)
        pair.gossip()
        #expect(mesh.carry(pair).datagrams.count <= 4)
        // One write: a request that names the changed source, and not three thousand.
        try mesh["a"].set("new", "1")
        pair.gossip()
        let exchange = mesh.carry(pair)
        #expect(exchange.datagrams.reduce(0) { $0 + $1.count } < 5000)
        #expect(try mesh["b"].value("new") == "1")
        mesh.expectAgreement()
    }

    @Test("Ended sources do not enlarge a gossip over a stream (quickwit#6653)")
    func deadSourcesOnAStream() throws {
        let mesh = try Mesh("a b")
        for number in 0..<3000 {
            try mesh["a"].receive(PlainUpdate("k", "1", "dead source \(number)", Version(number + 1)))
        }
        let pair = try mesh.pair("a", "b")
        pair.gossip()
        mesh.carry(pair)
        pair.gossip()
        mesh.carry(pair)
        mesh.expectAgreement()
        try mesh["a"].set("new", "1")
        pair.gossip()
        var bytes = 0
        while true {
            let (toB, toA) = (pair.a.readAll(), pair.b.readAll())
            if toA.isEmpty, toB.isEmpty { break }
            bytes += toA.count + toB.count
            #expect(pair.b.write(toB) == nil)
            #expect(pair.a.write(toA) == nil)
        }
        #expect(bytes < 5000, "\(bytes) bytes for one write")
        mesh.expectAgreement()
    }
}
