import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Records are counted by hand: every reference must be released once, on every path.
@Suite("Ownership of records")
struct OwnershipTests {
    /// A replica under random use, with a census of all its records.
    private struct World {
        let census: OwnerCensus
        let replica: Replica
        var links: [Link] = []
        var random: TestRandom
        var versions: [Version] = [0, 0, 0]

        init(_ census: OwnerCensus, seed: Int) throws {
            self.census = census
            var random = TestRandom(seed: UInt64(seed))
            replica = try Replica.make {
                $0.maxHistory = random.within(1...8)
                $0.mtu = random.within(1...6)
                // Some writes are beaten: then only the history holds them.
                if random.oneIn(2) {
                    $0.resolver = .host { update, current in current == nil || update.version % 3 > 0 }
                }
                if random.oneIn(3) { $0.sort = { $1.precedes($0) } }
            }
            self.random = random
        }

        mutating func step() throws {
            switch random.below(12) {
            case 0...2:
                // Long values are borrowed by send buffers.
                let value = random.oneIn(2) ? "7" : "\"\(String(repeating: "x", count: random.within(1000...1100)))\""
                try replica.set("k\(random.below(6))", value)
            case 3: try replica.delete("k\(random.below(6))")
            case 4...5:
                let source = random.below(3)
                versions[source] = max(versions[source], replica.version / 2) + Version(random.within(1...3))
                try replica.receive(PlainUpdate("k\(random.below(6))", "[]", "s\(source)", versions[source]))
            case 6 where links.count < 4: links.append(try replica.openLink(.classic))
            case 7 where !links.isEmpty && random.oneIn(3):
                replica.close(links.remove(at: random.below(links.count)))
            default:
                guard !links.isEmpty else { return }
                try use(random.pick(links))
            }
            census.notice(replica)
        }

        private mutating func use(_ link: Link) throws {
            switch random.below(6) {
            case 0: try link.receiveDone()
            case 1: link.gossip()
            case 2:
                var shown = 0
                try link.peek(maxCount: random.within(1...8)) { shown += $0.count }
                try link.consume(random.below(shown + 1))
            default:
                try withUnsafeTemporaryAllocation(byteCount: random.within(1...200), alignment: 1) {
                    _ = try link.read(into: $0)
                }
            }
        }
    }

    @Test("Each record has the owners that refer to it, at any time, and none at the end", arguments: 0..<60)
    func random(seed: Int) throws {
        let census = OwnerCensus()
        do {
            var world = try World(census, seed: seed)
            for step in 0..<150 {
                try world.step()
                guard world.random.oneIn(8) else { continue }
                let wrong = census.wrong([world.replica])
                check(wrong == nil, "seed \(seed), step \(step): \(String(describing: wrong))")
                check(
                    world.replica.broken == nil,
                    "seed \(seed), step \(step): \(String(describing: world.replica.broken))")
            }
            #expect(census.count > 30)
        }
        let leaked = census.leaked()
        #expect(leaked == nil)
    }

    @Test(
        "Links that outlive their replica, with messages half-read, release their records", arguments: [true, false])
    func replicaFirst(afterClosing: Bool) throws {
        let census = OwnerCensus()
        var replica: Replica? = try Replica.make { $0.maxHistory = 2 }
        var links: [Link] = []
        for number in 0..<20 {
            try replica?.set("k\(number)", "\"\(String(repeating: "x", count: 1024))\"")
            if let replica { census.notice(replica) }
        }
        for count in [1, 70, 1200] {
            guard let link = try replica?.openLink(.classic) else { return }
            try link.receiveDone()
            try withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { _ = try link.read(into: $0) }
            links.append(link)
        }
        if afterClosing { for link in links { replica?.close(link) } }
        replica = nil
        #expect(links.count == 3)
        links = []
        let leaked = census.leaked()
        #expect(leaked == nil)
    }

    @Test("Entries that are loaded over each other")
    func loading() throws {
        let replica = try Replica.make()
        try replica.load(
            (0..<50).flatMap { number in
                ["a", "b"].map { PlainUpdate("k\(number % 7)", "1", $0, Version(number + 1)) }
            })
        #expect(replica.keys.records.allSatisfy { $0.owners == 1 })
    }

    @Test("A rejected update leaves no record")
    func refused() throws {
        let census = OwnerCensus()
        do {
            let replica = try Replica.make { $0.limits.sources = 2 }
            try replica.receive(PlainUpdate("k", "1", "a", 1))
            census.notice(replica)
            for update in [
                PlainUpdate("k", "2", "a", 1), PlainUpdate("k", "2", "b", 9), PlainUpdate("k", "2", "local", 9),
                PlainUpdate("k", "2", "a", 1 << 50), PlainUpdate("", "2", "a", 9),
            ] {
                _ = failure { () throws(Failure) in try replica.receive(update) }
                let wrong = census.wrong([replica])
                check(wrong == nil, "\(update): \(String(describing: wrong))")
            }
        }
        let leaked = census.leaked()
        #expect(leaked == nil)
    }
}
