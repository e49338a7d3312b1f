import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("PurgedTombstones")
struct PurgedTombstonesTests {
    @Test("As a list of all: the latest of them since an epoch, and whether these are all", arguments: 0..<40)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let capacity = 1 + random.below(6)
        let records = (0..<60).map { Record(PlainUpdate(delete: "k\($0)", "A", Version($0 + 1)), from: 0) }
        defer { for record in records { record.release() } }
        do {
            var purgedTombstones = PurgedTombstones(capacity: capacity)
            var epochs: [UInt64] = []
            var epoch: UInt64 = 0
            for (step, record) in records.enumerated() {
                if random.oneIn(3) { epoch += UInt64(1 + random.below(2)) }
                purgedTombstones.append(record, epoch: epoch)
                epochs.append(epoch)
                for since in 0...(epoch + 1) {
                    let all = epochs.indices.filter { epochs[$0] >= since }
                    let found = purgedTombstones.since(since).map { Int($0.version) - 1 }
                    let what = "seed \(seed), step \(step), since \(since)"
                    check(found == Array(all.suffix(capacity)), "\(what): \(found)")
                    check(purgedTombstones.reaches(since, .reset) == (all.count <= capacity), "\(what): reaches")
                    check(purgedTombstones.reaches(since, .state), "\(what): a state delta names no tombstones")
                }
            }
            let kept = records.filter { $0.owners == 2 }.map { $0.version }
            check(kept == records.suffix(capacity).map { $0.version }, "seed \(seed): kept \(kept)")
        }
        check(records.allSatisfy { $0.owners == 1 }, "seed \(seed): a record is held on to")
    }

    @Test("Nothing continues across a reset that removed entries")
    func reset() {
        var purgedTombstones = PurgedTombstones(capacity: 4)
        purgedTombstones.noteReset(at: 3)
        for mode in [DeltaMode.state, .reset] {
            let reaches = (0..<5).map { purgedTombstones.reaches($0, mode) }
            #expect(reaches == [false, false, false, true, true])
        }
        let (none, resetEpoch) = (purgedTombstones.since(0).isEmpty, purgedTombstones.resetEpoch)
        #expect(none)
        #expect(resetEpoch == 3)
    }
}
