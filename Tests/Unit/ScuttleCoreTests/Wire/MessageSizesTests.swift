import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Parts of messages are no longer than the computed sizes, so a message ends before it is too long.
@Suite("MessageSizes")
struct MessageSizesTests {
    private func count(_ write: (inout MessageBuffer) -> Void) -> Int {
        var text = MessageBuffer()
        write(&text)
        return text.count
    }

    private func version(_ random: inout TestRandom) -> Version {
        random.next() & (Version.highest >> UInt64(random.below(53)))
    }

    @Test("Claims, intervals and exceptions of sources, names, retired sources and purged keys", arguments: 0..<100)
    func bounds(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let encoding = Encoding.chosen
        let id = random.bytes(1 + random.below(Limits.idBytes), of: Array(1...0x7f))
        let source = id.lend { Source(id: $0) }
        defer { source.deallocate() }
        let versions = (0..<3).map { _ in version(&random) }.sorted()
        let (low, middle, high) = (versions[0], versions[1], versions[2])
        let parts = [
            count { $0.appendClaim(source, high, low, isFirst: false) },
            count { $0.appendCommitClaim(source, middle, high, low, isFirst: false) },
            count { $0.appendInterval(source, middle, high, leftOut: low, isFirst: false) },
        ]
        for part in parts {
            check(part <= encoding.maxBytes(ofClaimOf: source), "\(part) bytes for a claim")
            check(part <= encoding.maxBytes(ofClaimOf: source, upTo: high), "\(part) bytes for a claim up to \(high)")
        }
        let exception = count { $0.appendException(source, high, UInt8(random.below(256)), isFirst: false) }
        #expect(exception <= encoding.maxBytes(ofExceptionOf: source))
        id.lend { name in
            let claim = NameClaim(
                name: name, number: high, state: RetirementState(rawValue: 3), sequence: .max >> 1, hash: random.next())
            #expect(count { $0.appendName(claim, isFirst: false) } <= encoding.maxBytes(ofName: name))
        }
        let retired = RetiredClaim(
            hash: SourceHash(low: random.next(), high: random.next()), version: max(high, 1), isPurged: true,
            isFinal: false)
        #expect(count { $0.appendRetired(retired, isFirst: false) } == encoding.bytes(ofRetiredAt: max(high, 1)))
        let token = version(&random)
        #expect(count { $0.appendEcho(token) } <= encoding.bytes(ofEcho: token))
    }

    @Test("The keys of purged tombstones", arguments: 0..<20)
    func forgotten(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let keys = (0..<random.below(9)).map { _ in random.bytes(1 + random.below(40), of: Array(1...0x7f)) }
        let records = keys.map {
            Record(
                PlainUpdate(key: $0, value: [UInt8]("null".utf8), source: [0x41], version: 1, kind: .delete), from: 0)
        }
        defer { for record in records { record.release() } }
        let taken = count { text in
            text.appendForgottenStart(since: .highest, epoch: .highest)
            for (index, record) in records.enumerated() { text.appendKey(record.key, isFirst: index == 0) }
            text.appendForgottenEnd(isLast: false)
        }
        #expect(taken <= Encoding.chosen.maxBytes(ofForgotten: records))
    }
}
