import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Deltas of which only a part arrives.
@Suite("Scenario: partial deltas")
struct PartialDeltaTests {
    /// Returns the messages of a state delta of `a` to `b`, each a line; the pair is left in the middle of the delta.
    private func stateDelta(_ mesh: Mesh) throws -> (pair: Pair, lines: [[UInt8]]) {
        let pair = try mesh.pair("a", "b")
        pair.b.link.gossip()
        let lines = answer(of: pair.a, to: pair.b)
        #expect(pair.a.link.outgoing == nil || pair.a.link.outgoing?.isPaused == true)
        return (pair, lines)
    }

    private func mesh(tombstones: Bool) throws -> Mesh {
        let mesh = try Mesh("a b c") {
            $0.maxHistory = 2
            $0.keepsTombstones = true
        }
        for number in 0..<8 { try mesh["a"].set("k\(number)", "1") }
        try mesh.meet("a", "c")
        if tombstones {
            for number in 0..<4 { try mesh["a"].delete("k\(number)") }
            try mesh["c"].set("of c", "1")
            try mesh.meet("a", "c")
        }
        return mesh
    }

    /// chitchat#121: a node adopted the version of a delta that was cut at the size of a message, and with it the version up to
    /// which deletes count as seen. Garbage collection relied on that version, and keys came back.
    @Test("A delta that breaks off at any line advances no version that garbage collection relies on (chitchat#121)")
    func nothingAdvances() throws {
        let count = try stateDelta(mesh(tombstones: true)).lines.count
        #expect(count > 8)
        for most in 0..<count {
            let mesh = try mesh(tombstones: true)
            let (pair, lines) = try stateDelta(mesh)
            pair.b.write(lines.prefix(most).flatMap { $0 })
            pair.close()
            let b = mesh["b"]
            check(b.vector["a"] == nil && b.vector["c"] == nil, "after \(most) lines: \(b.vector)")
            check(b.highestPurged == 0, "after \(most) lines: purged up to \(b.highestPurged)")
            // The entries of b are not covered, so neither a forced nor a stable purge may remove their tombstones.
            check(try b.purge() == 0, "after \(most) lines tombstones went")
            check(b.broken == nil, "after \(most) lines: \(b.broken ?? "")")
            try mesh.settle()
            mesh.expectAgreement()
            check(mesh["b"].walk().count == 5, "after \(most) lines: \(mesh["b"].walk())")
        }
    }

    @Test("A reset that breaks off at any line removes nothing, and does not move the vector (chitchat#121)")
    func resetBreaksOff() throws {
        func prepare() throws -> Mesh {
            let mesh = try mesh(tombstones: false)
            try mesh.meet("a", "b")
            try mesh["a"].delete("k3")
            #expect(try mesh["a"].purge() == 1)
            try mesh["a"].set("new", "1")
            return mesh
        }
        let count = try stateDelta(prepare()).lines.count
        for most in 0..<count {
            let mesh = try prepare()
            let clock = mesh["b"].vector["a"]
            let (pair, lines) = try stateDelta(mesh)
            #expect(lines.contains { $0.text.contains("reset") })
            pair.b.write(lines.prefix(most).flatMap { $0 })
            pair.close()
            check(mesh["b"].vector["a"] == clock, "after \(most) of \(count) lines")
            check(try mesh["b"].value("k3") == "1", "after \(most) lines k3 went")
            try mesh.settle()
            mesh.expectAgreement()
            check(try mesh["b"].value("k3") == nil, "k3 has come back")
        }
    }

    /// A relay reads half of the source's state and passes that on; the source never returns.
    @Test(
        "Replicas behind a relay with half of a delta become equal, although the source is gone for good",
        arguments: Link.Options.ways, 0..<20)
    func relayWithAHalf(options: Link.Options, seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let mesh = try Mesh("source relay other", over: options, capacity: 500) {
            $0.maxHistory = random.pick([1, 3, 50])
            // Otherwise the tombstone is purged at once, and the delta is a reset.
            $0.keepsTombstones = random.oneIn(2)
        }
        for number in 0..<20 { try mesh["source"].set("k\(number)", "\(number)") }
        try mesh["source"].delete("k7")
        try mesh["relay"].set("of the relay", "1")
        let pair = try mesh.pair("source", "relay")
        pair.b.link.gossip()
        if options.contains(.datagram) {
            var left = random.within(2...9)
            mesh.carry(pair) {
                left -= 1
                return left > 0 ? 1 : 0
            }
        } else {
            pair.a.write(pair.b.readAll())
            pair.b.write(pair.a.readAll())
            pair.a.write(pair.b.readAll())
            let delta = pair.a.readAll()
            pair.b.write(Array(delta.prefix(random.below(delta.count + 1))))
        }
        pair.close()
        try mesh.settle(without: ["source"])
        mesh.expectAgreement(without: ["source"])
        // A replica that joins later gets as much.
        try mesh.add("late")
        try mesh.settle(without: ["source"])
        mesh.expectAgreement(without: ["source"])
    }

    @Test(
        "A relay ends while it passes on its state: the replica that got more of it sends it to the others",
        arguments: 0..<20)
    func relayDies(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let mesh = try Mesh("source relay x y") { $0.maxHistory = 1 }
        for number in 0..<20 { try mesh["source"].set("k\(number)", "\(number)") }
        try mesh.meet("source", "relay")
        for name in ["x", "y"] {
            let pair = try mesh.pair("relay", name)
            pair.b.link.gossip()
            pair.a.write(pair.b.readAll())
            pair.b.write(pair.a.readAll())
            pair.a.write(pair.b.readAll())
            let delta = pair.a.readAll()
            pair.b.write(Array(delta.prefix(random.below(delta.count + 1))))
            pair.close()
        }
        let gone: Set = ["source", "relay"]
        let all = Set(mesh["x"].walk() + mesh["y"].walk())
        try mesh.settle(without: gone)
        mesh.expectAgreement(without: gone)
        #expect(Set(mesh["x"].walk()) == all, "what one of them had, both have")
    }
}
