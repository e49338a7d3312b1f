import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

#if DEBUG
    /// Rules that matter in rare histories only: each in the smallest one, with the rule and without it.
    @Suite("Scenario: rules of reconciliation")
    struct RuleTests {
        /// Returns whether all hold the same values, and no replica a key that is deleted.
        private func agree(_ mesh: Mesh, without key: String? = nil) throws -> Bool {
            let walks = mesh.replicas.values.map { $0.walk() }
            guard walks.allSatisfy({ $0 == walks[0] }) else { return false }
            return key.map { key in walks[0].allSatisfy { $0.key.text != key } } ?? true
        }

        /// Makes `b` request from `a`, and leaves the pair before the delta arrives.
        private func request(_ mesh: Mesh) throws -> Pair {
            let pair = try mesh.pair("a", "b")
            pair.b.link.gossip()
            // A replica that knows the peer's vector begins at once.
            for _ in 0..<2 where pair.a.link.outgoing == nil {
                pair.b.write(pair.a.readAll())
                pair.a.write(pair.b.readAll())
            }
            return pair
        }

        @Test(
            "A delta for a request from before a purge does not count",
            arguments: [false, true])
        func epoch(isOff: Bool) throws {
            let mesh = try Mesh("a b c") {
                $0.keepsTombstones = true
                if isOff { $0.disabledRules = .epoch }
            }
            try mesh["a"].set("k", "1")
            for _ in 0..<3 { try mesh["c"].delete("k") }
            try mesh.meet("b", "c")
            let pair = try request(mesh)
            let delta = pair.a.readAll()
            // The delta brings the update that the tombstone beats, and the tombstone is purged by then.
            #expect(try mesh["b"].purge() == 1)
            pair.b.write(delta)
            #expect(talk(pair.a, pair.b) == nil)
            pair.close()
            if !isOff { try mesh.settle() } else { try mesh.meet("a", "c") }
            #expect(try agree(mesh) == !isOff)
        }

        @Test(
            "A delta begins anew if a tombstone was purged since it began", arguments: [false, true], [1, 100])
        func restart(isOff: Bool, history: Int) throws {
            let mesh = try Mesh("a b") {
                ($0.mtu, $0.maxHistory) = (1, history)
                $0.keepsTombstones = true
                if isOff { $0.disabledRules = .restart }
            }
            try mesh["a"].set("k", "1")
            try mesh.meet("a", "b")
            for number in 0..<6 { try mesh["a"].set("filler \(number)", "1") }
            try mesh["a"].delete("k")
            let pair = try request(mesh)
            var text: [UInt8] = []
            while text.lines.count < 5 {
                let piece = pair.a.read(upTo: 30)
                try #require(!piece.isEmpty)
                text += piece
            }
            #expect(pair.a.link.outgoing?.mode == (history == 1 ? .state : .log))
            #expect(try mesh["a"].purge() == 1)
            pair.b.write(text + pair.a.readAll())
            #expect(talk(pair.a, pair.b) == nil)
            pair.close()
            try mesh.settle()
            #expect(try agree(mesh, without: "k") == !isOff)
        }

        @Test("A superseded update is not sent to a peer that has its winner already", arguments: [false, true])
        func matters(isOff: Bool) throws {
            let mesh = try Mesh("a b c") {
                ($0.maxHistory, $0.keepsTombstones) = (100, true)
                // The comparison of contents would repair it afterwards.
                $0.disabledRules = isOff ? [.matters, .content] : .content
            }
            for _ in 0..<3 { try mesh["c"].delete("k") }
            for name in ["a", "b"] { try mesh.meet(name, "c") }
            // The write of x from before it knew of the delete arrives only at a, and is beaten there.
            try mesh["a"].receive(PlainUpdate("k", "1", "x", 1))
            #expect(try mesh["a"].value("k") == nil)
            #expect(try mesh["b"].purge() == 1)
            try mesh.settle()
            #expect(try agree(mesh, without: "k") == !isOff)
        }

        @Test("A lagging replica republishes the entries that a reset might have beaten", arguments: [false, true])
        func republish(isOff: Bool) throws {
            let mesh = try Mesh("a b c") {
                $0.keepsTombstones = true
                $0.disabledRules = isOff ? [.republish, .content] : .content
            }
            for _ in 0..<5 { try mesh["a"].delete("k") }
            try mesh.meet("a", "c")
            #expect(try mesh["a"].purge() == 1)
            // b has written the key without knowing of the delete, which c still has.
            try mesh["b"].set("k", "1")
            try mesh.meet("a", "b")
            try mesh.settle()
            #expect(try agree(mesh) == !isOff)
        }
    }
#endif
