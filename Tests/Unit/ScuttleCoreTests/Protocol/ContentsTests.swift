import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Two replicas with equal vectors and different contents: a line was altered on its way, and so was its check.
@Suite("Contents")
struct ContentsTests {
    private let told = Told()

    private func make(_ name: String, seed: UInt64, _ adjust: (inout Configuration) -> Void = { _ in }) throws
        -> Replica
    {
        try Replica.make(name, seed: seed) {
            told.hear(name, &$0)
            $0.keepsTombstones = true
            adjust(&$0)
        }
    }

    /// Gives `b` the updates of `a`, with lines as `change` alters them, nil for a lost line; and covers that match.
    private func forge(_ a: Replica, _ b: Replica, _ change: (String) -> String?) throws {
        let pair = try Pair(a, b)
        pair.b.link.gossip()
        for _ in 0..<6 {
            var since: [String] = []
            var start: UInt64 = 0
            var forged = ""
            for line in pair.a.readLines() {
                var line: String? = line
                if line?.hasPrefix(#"{"key""#) == true {
                    line = change(line ?? "")
                    if let line { since.append(line) }
                } else if let span = number(in: line, behind: #""span":["#) {
                    start = span
                } else if let place = line?.firstRange(of: #""lines":["#) {
                    let seal = number(in: line, behind: #""sequence":"#).map { [start, $0] } ?? []
                    let rest = line?[place.upperBound...].drop { $0 != "]" } ?? ""
                    let front = line?[..<place.lowerBound] ?? ""
                    line = front + #""lines":"# + HandPeer.linesCheck(of: since, sealing: seal) + rest.dropFirst()
                    since = []
                }
                if let line { forged += line + "\n" }
            }
            #expect(pair.b.write(forged) == nil)
            #expect(pair.a.write(pair.b.readAll()) == nil)
        }
        pair.close()
        #expect(a.vector == b.vector)
        #expect(a.contentHash != b.contentHash)
        told.forget()
    }

    /// Returns the digits behind a text.
    private func number(in line: String?, behind text: String) -> UInt64? {
        guard let line, let place = line.firstRange(of: text) else { return nil }
        return UInt64(line[place.upperBound...].prefix { $0.isNumber })
    }

    /// Gossips until both are in step, over fresh links; returns the rejected messages.
    private func settle(_ a: Replica, _ b: Replica, _ options: Link.Options, rounds: Int = 4) throws -> [Failure.Code] {
        let pair = try Pair(a, b, options)
        var refused: [Failure.Code] = []
        for _ in 0..<rounds {
            pair.gossip()
            if options.contains(.datagram) {
                refused += carry(pair.a, pair.b, capacity: 900).refused
                continue
            }
            while true {
                let (toB, toA) = (pair.a.readAll(), pair.b.readAll())
                if toA.isEmpty, toB.isEmpty { break }
                refused += [pair.b.write(toB), pair.a.write(toA)].compactMap { $0 }
            }
        }
        pair.close()
        return refused
    }

    private func expectAgreement(_ a: Replica, _ b: Replica) {
        #expect(a.walk().map(\.write) == b.walk().map(\.write))
        #expect(a.contentHash == b.contentHash)
        #expect(a.vector == b.vector)
        for replica in [a, b] { #expect(replica.broken == nil) }
    }

    @Test(
        "An altered value: both hosts are notified, and the same content stands in both", arguments: Link.Options.ways)
    func value(options: Link.Options) throws {
        for (mine, theirs, standing) in [("1", "2", "1"), ("2", "1", "1"), ("10", "2", "2"), ("2", "10", "2")] {
            let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
            try a.set("other", "0")
            try a.set("k", mine)
            try forge(a, b) { $0.replacing(#""key":"k","value":\#(mine)"#, with: #""key":"k","value":\#(theirs)"#) }
            let refused = try settle(a, b, options)
            #expect(refused.allSatisfy { $0 == .corrupt })
            #expect(told.count(.diverged, at: "a") == 1, "\(told.all)")
            #expect(told.count(.diverged, at: "b") == 1, "\(told.all)")
            expectAgreement(a, b)
            for replica in [a, b] { #expect(try replica.value("k") == standing) }
            // In the end no event remains.
            told.forget()
            #expect(try settle(a, b, options).isEmpty)
            #expect(told.all.allSatisfy { $0.event != .diverged })
        }
    }

    @Test("A delete that was lost, or became a value, and a value that became a delete", arguments: Link.Options.ways)
    func deletes(options: Link.Options) throws {
        for isLost in [true, false] {
            let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
            try a.set("k", "1")
            _ = try meet(a, b)
            try a.delete("k")
            try forge(a, b) { isLost ? nil : $0.replacing(#","deleted":true"#, with: "") }
            #expect(try settle(a, b, options).allSatisfy { $0 == .corrupt })
            expectAgreement(a, b)
            #expect(try a.value("k") == nil)
        }
        let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
        try a.set("k", "null")
        try forge(a, b) { $0.dropLast() + #","deleted":true}"# }
        #expect(try settle(a, b, options).allSatisfy { $0 == .corrupt })
        expectAgreement(a, b)
        #expect(try a.value("k") == nil)
    }

    @Test("A lost write arrives again, although its dot is covered", arguments: Link.Options.ways)
    func lost(options: Link.Options) throws {
        let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
        for key in ["i", "k", "l"] { try a.set(key, "1") }
        try forge(a, b) { $0.contains(#""key":"k""#) ? nil : $0 }
        #expect(try b.value("k") == nil)
        #expect(try settle(a, b, options).isEmpty)
        expectAgreement(a, b)
        #expect(try b.value("k") == "1")
    }

    @Test(
        "A content that is kept against the peer reaches a third replica with the peer's content",
        arguments: Link.Options.ways)
    func third(options: Link.Options) throws {
        let (a, b, c) = (try make("a", seed: 1), try make("b", seed: 2), try make("c", seed: 3))
        for key in ["i", "k"] { try a.set(key, "1") }
        try forge(a, b) { $0.contains(#""key":"k""#) ? nil : $0 }
        // c has the entries of b.
        #expect(try meet(b, c) == nil)
        #expect(try c.value("k") == nil)
        #expect(try settle(a, b, options).isEmpty)
        for _ in 0..<3 {
            #expect(try settle(b, c, options).isEmpty)
            #expect(try settle(a, b, options).isEmpty)
        }
        #expect(try c.value("k") == "1")
        expectAgreement(a, c)
    }

    @Test("Two keys under one dot: reported, and settled: both stand; the vector rises", arguments: Link.Options.ways)
    func keys(options: Link.Options) throws {
        let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
        try a.set("k", "1")
        try forge(a, b) { $0.replacing(#""key":"k""#, with: #""key":"j""#) }
        #expect(try settle(a, b, options).allSatisfy { $0 == .corrupt })
        #expect(told.count(.diverged, at: "a") >= 1)
        for replica in [a, b] { #expect(replica.walk().map(\.key.text) == ["j", "k"]) }
        try a.set("later", "1")
        _ = try settle(a, b, options)
        #expect(try b.value("later") == "1")
        expectAgreement(a, b)
    }

    @Test("After a classic link no host is notified: a classic peer respells values")
    func classic() throws {
        let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
        _ = try a.openLink(.classic)
        try a.set("k", "1")
        try forge(a, b) { $0.replacing(#""value":1"#, with: #""value":2"#) }
        #expect(try settle(a, b, []).allSatisfy { $0 == .corrupt })
        #expect(told.count(.diverged, at: "a") == 0)
        #expect(told.count(.diverged, at: "b") == 1)
        expectAgreement(a, b)
    }

    @Test("A read-only link applies nothing, and its host is notified")
    func readOnly() throws {
        let (a, b) = (try make("a", seed: 1), try make("b", seed: 2))
        try a.set("k", "1")
        try forge(a, b) { $0.replacing(#""value":1"#, with: #""value":2"#) }
        let ends = (try LinkEnd(a), try LinkEnd(b, .readOnly))
        for _ in 0..<3 {
            ends.0.link.gossip()
            ends.1.link.gossip()
            while true {
                let (toB, toA) = (ends.0.readAll(), ends.1.readAll())
                if toA.isEmpty, toB.isEmpty { break }
                _ = (ends.1.write(toB), ends.0.write(toA))
            }
        }
        #expect(try b.value("k") == "2")
        #expect(try a.value("k") == "1")
        #expect(told.count(.diverged, at: "b") == 1)
    }

    @Test("Altered at random, in either direction: in the end both are equal", arguments: 0..<40)
    func random(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let options = random.pick(Link.Options.ways)
        let (a, b) = (
            try make("a", seed: 1) { $0.maxHistory = random.pick([1, 100]) },
            try make("b", seed: 2) { $0.maxHistory = random.pick([1, 100]) }
        )
        for number in 0..<random.within(1...30) {
            let key = "k\(random.below(12))"
            if random.oneIn(4) { try a.delete(key) } else { try a.set(key, "\(number)") }
        }
        try a.set("last", "1")
        var isChanged = false
        try forge(a, b) { line in
            // The first one always; a superseded one may not matter.
            guard random.oneIn(3) || !isChanged else { return line }
            guard let key = line.split(separator: "\"").dropFirst(3).first.map(String.init),
                a.entry(key)?.line == line, !line.contains("deleted")
            else { return line }
            isChanged = true
            if random.oneIn(3) { return nil }
            return line.replacing(/"value":\d+/, with: #""value":\#(random.below(500) + 100)"#)
        }
        for _ in 0..<3 { #expect(try settle(a, b, options).allSatisfy { $0 == .corrupt }) }
        expectAgreement(a, b)
    }
}
