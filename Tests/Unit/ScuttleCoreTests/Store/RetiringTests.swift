import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Claims about names, and which of them stand.
@Suite("Retiring")
struct RetiringTests {
    private func merge(
        _ name: String, _ number: Version, _ state: RetirementState, _ sequence: UInt64 = 0, _ hash: UInt64 = 0,
        at replica: Replica
    ) {
        name.lend {
            replica.merge(NameClaim(name: $0, number: number, state: state, sequence: sequence, hash: hash))
        }
    }

    private func entry(_ name: String, _ replica: Replica) -> NameTable.Entry? {
        name.lend { replica.sources.find(name: $0) }.map { replica.sources.names[$0] }
    }

    private func replica(knowing ids: [String]) throws -> Replica {
        let replica = try Replica.make("own")
        for id in ids {
            let number = try id.lend { (id) throws(Failure) in try replica.sourceID(for: id) }
            replica.cover(replica.sources[number], upTo: 1)
        }
        return replica
    }

    private static let states: [RetirementState] = [.pending, .final, .alive, [.alive, .final]]

    @Test("Of two pairs the greater one stands, and of two statements the later one; in any order", arguments: 0..<60)
    func greater(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let replica = try replica(knowing: ["m~AAAAAAAA", "n"])
        var pairs: [String: (Version, UInt8)] = [:]
        var statements: [String: (UInt64, UInt64)] = [:]
        for step in 0..<60 {
            let name = random.pick(["m", "n", "nobody"])
            let pair = (Version(random.below(6)), random.pick(Self.states))
            // No name makes two statements under one sequence.
            let sequence = UInt64(random.below(8))
            merge(name, pair.0, pair.1, sequence, sequence * 10, at: replica)
            if pair.0 > 0, (pair.0, pair.1.rawValue) > pairs[name] ?? (0, 0) { pairs[name] = (pair.0, pair.1.rawValue) }
            statements[name] = max(statements[name] ?? (0, 0), (sequence, sequence * 10), by: { $0.0 < $1.0 })
            let version = replica.version
            #expect(entry("nobody", replica) == nil)
            for name in ["m", "n"] {
                guard let entry = entry(name, replica), let id = name.lend({ replica.sources.find(name: $0) }) else {
                    continue
                }
                let what = "seed \(seed), step \(step): \(name)"
                let stands = pairs[name] ?? (0, 0)
                check((entry.retirement, entry.state.rawValue) == stands, "\(what) is \(entry), not \(stands)")
                check(version >= entry.retirement, "\(what): a local write has to be above it")
                let stated = statements[name] ?? (0, 0)
                check((entry.statement.sequence, entry.statement.hash) == stated, "\(what) has stated \(stated)")
                let isRetired = stands.0 > 0 && stands.1 & 2 == 0
                check(replica.isRetired(id) == isRetired, "\(what) is retired")
                let isWaitedFor = isRetired && stands.1 & 1 == 0
                check(replica.retiringNames.contains(id) == isWaitedFor, "\(what) is waited for")
                check(replica.sources[entry.furthest].isFinal == (isRetired && !isWaitedFor), "\(what) is final")
            }
            check(Set(replica.retiringNames).count == replica.retiringNames.count, "seed \(seed): twice")
        }
        #expect(replica.broken == nil)
    }

    private func max<Value>(_ a: Value, _ b: Value, by precedes: (Value, Value) -> Bool) -> Value {
        precedes(a, b) ? b : a
    }

    @Test(
        "A name's statement counts in the hash of the vector while another one is pending, and not if it is final itself"
    )
    func finalStatement() throws {
        let replica = try replica(knowing: ["m~AAAAAAAA", "n", "o"])
        merge("o", 5, .pending, at: replica)
        let before = replica.vectorHash
        merge("m", 0, .pending, 3, 30, at: replica)
        #expect(replica.vectorHash != before)
        // Peers know it by the hash of its source alone.
        merge("m", 5, .final, at: replica)
        #expect(replica.vectorHash == before)
    }

    @Test("A replica that receives a retirement of its own name states that it is alive, with a higher low-water mark")
    func alive() throws {
        let replica = try replica(knowing: [])
        merge("own", 9, .pending, at: replica)
        #expect(entry("own", replica)?.state == .alive)
        #expect(replica.own.covered >= 9)
        merge("own", 12, .final, at: replica)
        #expect(entry("own", replica)?.state == [.alive, .final])
        #expect(replica.own.covered >= 12)
        try replica.set("k", "1")
        #expect(replica.version > 12)
    }

    @Test("A replica that has left writes and states nothing, and may learn of it again")
    func left() throws {
        let replica = try replica(knowing: ["n"])
        try replica.set("k", "1")
        let known = "own".lend { replica.retireName($0) }
        #expect(known)
        let before = replica.exported()
        #expect(failure { () throws(Failure) in try replica.set("k", "2") } == .unsupported)
        #expect(failure { () throws(Failure) in try replica.delete("k") } == .unsupported)
        #expect(replica.exported() == before)
        let covered = replica.own.covered
        merge("own", 90, .final, at: replica)
        #expect(entry("own", replica)?.state == .final)
        replica.gossip()
        #expect(replica.own.covered == covered)
    }

    @Test("A version that is too far ahead, or above 2^53-1, is ignored; the statement counts")
    func jump() throws {
        let replica = try Replica.make("own") { $0.limits.versionJump = 10 }
        let number = try "n".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        replica.cover(replica.sources[number], upTo: 5)
        merge("n", 16, .pending, 3, 4, at: replica)
        #expect(entry("n", replica)?.retirement == 0)
        #expect(entry("n", replica)?.statement == NameTable.Statement(sequence: 3, hash: 4))
        merge("n", .highest + 1, .pending, 9, 9, at: replica)
        #expect(entry("n", replica)?.statement.sequence == 3)
        merge("n", 15, .pending, at: replica)
        #expect(entry("n", replica)?.retirement == 15)
    }

    @Test("Two replicas whose vectors cross agree that a name is alive, after some gossips")
    func crossing() throws {
        let (a, b) = (try Replica.start("a", seed: 1), try Replica.start("b", seed: 2))
        try a.set("x", "1")
        try b.set("y", "1")
        #expect(try meet(a, b) == nil)
        let known = "b".lend { a.retireName($0) }
        #expect(known)
        for _ in 0..<4 { #expect(try meet(a, b) == nil) }
        #expect(entry("b", a)?.state.contains(.alive) == true)
        #expect(a.vectorHash == b.vectorHash)
    }

    @Test("A name without covered versions delays no retirement and no equality")
    func unheard() throws {
        let replica = try Replica.make("own")
        try replica.set("k", "1")
        _ = try "n".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        let before = replica.vectorHash
        let known = "n".lend { replica.retireName($0) }
        #expect(known)
        #expect(replica.vectorHash == before)
    }

    @Test("The statement of a name without covered versions counts in no hash")
    func unheardStatement() throws {
        let replica = try replica(knowing: ["m"])
        _ = try "n".lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        let known = "m".lend { replica.retireName($0) }
        #expect(known)
        let before = replica.vectorHash
        merge("n", 0, .pending, 3, 4, at: replica)
        #expect(entry("n", replica)?.statement.sequence == 3)
        #expect(replica.vectorHash == before)
    }

    @Test("A statement comes after those of earlier incarnations", arguments: [1, 2, 9] as [UInt64])
    func earlierStatement(sequence: UInt64) throws {
        let replica = try replica(knowing: ["m", "n"])
        let known = "m".lend { replica.retireName($0) }
        #expect(known)
        replica.refreshRetirements()
        let first = try #require(entry("own", replica)?.statement)
        merge("own", 0, .pending, first.sequence + sequence - 1, first.hash &+ 1, at: replica)
        replica.refreshRetirements()
        let second = try #require(entry("own", replica)?.statement)
        #expect(second.hash == first.hash)
        #expect(second.sequence > first.sequence + sequence - 1)
    }

    @Test(
        "A source that rises after it was retired stays in full while it keeps pace, and claims no more of its GC version"
    )
    func revived() throws {
        let replica = try Replica.make("own")
        try cover("m~AAAAAAAA", 6, replica)
        let first = try #require("m~AAAAAAAA".lend { replica.sources.find($0) })
        #expect(replica.notePurged(replica.sources[first], 2))
        try cover("m~BBBBBBBB", 9, replica)
        replica.shrinkIdleSources()
        #expect(covered("m~AAAAAAAA", replica) == nil)
        for version in stride(from: 10, to: 3000, by: 20) as StrideTo<Version> {
            try cover("m~BBBBBBBB", version + 1, replica)
            try cover("m~AAAAAAAA", version, replica)
            replica.shrinkIdleSources()
            let id = try #require("m~AAAAAAAA".lend { replica.sources.find($0) })
            #expect(replica.sources[id].covered == version && replica.sources[id].purged == 6)
        }
        let last = try #require(covered("m~AAAAAAAA", replica))
        try cover("m~BBBBBBBB", last + 1023, replica)
        replica.shrinkIdleSources()
        #expect(covered("m~AAAAAAAA", replica) == last)
        try cover("m~BBBBBBBB", last + 3000, replica)
        replica.shrinkIdleSources()
        #expect(covered("m~AAAAAAAA", replica) == nil)
        #expect("m~AAAAAAAA".lend { replica.retiredVersion(of: $0) } == last)
        #expect(replica.broken == nil)
    }

    @Test("A peer that names its retired sources again with each vector may name others in between, and all count")
    func heardAgain() {
        let memory = LinkMemory()
        func claim(_ number: Int, _ version: Version) -> RetiredClaim {
            RetiredClaim(
                hash: SourceHash(low: UInt64(number), high: UInt64(number % 3)), version: version,
                isPurged: version == 5, isFinal: version == 7)
        }
        for version in 1...100 as ClosedRange<Version> {
            for number in 0..<6 { memory.noteReceived(claim(number, version), capacity: 8) }
            #expect(memory.receivedRetired.count < 16)
        }
        memory.noteReceived(claim(6, 1), capacity: 8)
        memory.noteReceived(claim(7, 1), capacity: 8)
        for _ in 0..<8 { memory.noteReceived(claim(0, 1), capacity: 8) }
        let versions = (0..<8).map { number in
            memory.receivedRetired.filter { $0.hash == claim(number, 1).hash }.map(\.version).max()
        }
        #expect(versions == [100, 100, 100, 100, 100, 100, 1, 1])
        #expect(memory.receivedRetired.contains { $0.isPurged && $0.isFinal })
        for number in 8..<1000 {
            memory.noteReceived(claim(number, 1), capacity: 8)
            #expect(memory.receivedRetired.count < 16)
        }
    }

    @Test("A refused update of a retired source is not covered: the source shrinks when the delta is over")
    func refused() throws {
        let end = try LinkEnd(try Replica.make("own"))
        let replica = end.replica
        try cover("m~AAAAAAAA", 6, replica)
        try cover("m~BBBBBBBB", 9, replica)
        replica.shrinkIdleSources()
        #expect(covered("m~AAAAAAAA", replica) == nil)
        var peer = HandPeer(end)
        peer.beAsked()
        let epoch = replica.epoch
        try replica.delete("gone")
        #expect(try replica.purge() == 1)
        let line = PlainUpdate("k", "1", "m~AAAAAAAA", 7).line
        peer.say(peer.head("state", epoch: epoch))
        end.write(line + "\n")
        peer.say(HandPeer.commit(#""m~AAAAAAAA":[0,8]"#, of: [line]))
        let id = "m~AAAAAAAA".lend { replica.sources.find($0) }
        let version = id.map { replica.sources[$0].covered } ?? "m~AAAAAAAA".lend { replica.retiredVersion(of: $0) }
        #expect(version == 6)
        #expect(replica.broken == nil)
        end.close()
    }

    // MARK: The floor

    private func cover(_ id: String, _ version: Version, _ replica: Replica) throws {
        let number = try id.lend { (id) throws(Failure) in try replica.sourceID(for: id) }
        replica.version = Swift.max(replica.version, version)
        replica.cover(replica.sources[number], upTo: version)
    }

    private func covered(_ id: String, _ replica: Replica) -> Version? {
        id.lend { replica.sources.find($0) }.map { replica.sources[$0].covered }
    }

    @Test("A claim of a retired source at or below the floor restores nothing; others do")
    func claimsBelowFloor() throws {
        let replica = try Replica.make("own")
        try cover("m~BBBBBBBB", 7, replica)
        func isOld(_ id: String, _ version: Version) -> Bool {
            id.lend { replica.isRetired(SourceClaim(source: $0, covered: version, purged: version)) }
        }
        #expect(!isOld("m~AAAAAAAA", 5))
        replica.raiseRetiredFloor(to: 6)
        #expect(isOld("m~AAAAAAAA", 5) && isOld("m~AAAAAAAA", 6))
        #expect(!isOld("m~AAAAAAAA", 7) && !isOld("m~AAAAAAAA", 9))
        #expect(!isOld("m~BBBBBBBB", 5) && !isOld("n~AAAAAAAA", 5))
        replica.raiseRetiredFloor(to: 7)
        #expect(isOld("m~AAAAAAAA", 7) && !isOld("m~CCCCCCCC", 7))
    }

    @Test("A dropped source that rises again: its sender learns that none of it is covered")
    func dropped() throws {
        let (a, b) = (try Replica.make("a", seed: 1), try Replica.make("b", seed: 2))
        for replica in [a, b] { try cover("m~CCCCCCCC", 5, replica) }
        let ends = (try LinkEnd(a), try LinkEnd(b))
        defer {
            ends.0.close()
            ends.1.close()
        }
        func gossip() {
            for link in [ends.0.link, ends.1.link] { link.gossip() }
            #expect(talk(ends.0, ends.1) == nil)
        }
        for _ in 0..<2 { gossip() }
        #expect(a.vectorHash == b.vectorHash)
        try cover("m~BBBBBBBB", 7, b)
        b.shrinkIdleSources()
        b.raiseRetiredFloor(to: 6)
        #expect(covered("m~CCCCCCCC", b) == nil)
        try cover("m~CCCCCCCC", 9, a)
        for _ in 0..<3 { gossip() }
        #expect(covered("m~CCCCCCCC", b) == 9)
        #expect(a.vectorHash == b.vectorHash)
        for replica in [a, b] { #expect(replica.broken == nil) }
    }
}
