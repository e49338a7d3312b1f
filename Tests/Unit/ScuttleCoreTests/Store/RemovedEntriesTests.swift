import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RemovedEntries")
struct RemovedEntriesTests {
    @Test(
        "As a list of all: the latest of them since an epoch or a sequence, and whether these are all",
        arguments: 0..<40)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let capacity = 1 + random.below(6)
        let records = (0..<60).map { Record(PlainUpdate(delete: "k\($0)", "A", Version($0 + 1)), from: 0) }
        defer { for record in records { record.release() } }
        do {
            var removals = RemovedEntries(capacity: capacity)
            var epochs: [UInt64?] = []
            var epoch: UInt64 = 0
            for (step, record) in records.enumerated() {
                if random.oneIn(3) { epoch += UInt64(1 + random.below(2)) }
                // Each third one is a removal by a reset, which no delta names.
                let isPurge = step % 3 != 2
                record.retain()
                removals.append(
                    RemovedEntries.Item(
                        record: record, sequence: 10 * UInt64(step + 1), deletedAt: deletedAt(step),
                        epoch: isPurge ? epoch : nil))
                epochs.append(isPurge ? epoch : nil)
                for since in 0...(epoch + 1) {
                    let all = epochs.indices.filter { epochs[$0].map { $0 >= since } ?? false }
                    let kept = all.filter { $0 + capacity >= epochs.count }
                    let found = removals.since(since).map { Int($0.version) - 1 }
                    let what = "seed \(seed), step \(step), since \(since)"
                    check(found == kept, "\(what): \(found)")
                    check(removals.reaches(since, .reset) == (all == kept), "\(what): reaches")
                    check(removals.reaches(since, .state), "\(what): a state delta names no tombstones")
                }
                for sequence in stride(from: UInt64(0), through: 10 * UInt64(step + 2), by: 5) {
                    let later = (0...step).filter { 10 * UInt64($0 + 1) > sequence }
                    let kept = later.filter { $0 + capacity > step }
                    let found = removals.numbers(after: sequence).map { Int(removals[$0].record.version) - 1 }
                    let what = "seed \(seed), step \(step), after \(sequence)"
                    check(found == kept, "\(what): \(found)")
                    check(removals.hasAll(after: sequence) == (later == kept), "\(what): has all")
                    check(removals.hasAny(after: sequence) == !later.isEmpty, "\(what): has any")
                    let deletes = (0...step).filter { deletedAt($0) > sequence }
                    let isThere = deletes.allSatisfy { $0 + capacity > step }
                    check(removals.hasAllDeletes(after: sequence) == isThere, "\(what): has all deletes")
                }
            }
            let kept = records.filter { $0.owners == 2 }.map { $0.version }
            check(kept == records.suffix(capacity).map { $0.version }, "seed \(seed): kept \(kept)")
        }
        check(records.allSatisfy { $0.owners == 1 }, "seed \(seed): a record is held on to")
    }

    /// Some keys lost their value a while before the removal.
    private func deletedAt(_ step: Int) -> UInt64 { 10 * UInt64(step + 1) - UInt64(step % 4) * 7 }

    @Test("Nothing continues across a reset that removed entries")
    func reset() {
        var removals = RemovedEntries(capacity: 4)
        removals.noteReset(at: 3)
        for mode in [DeltaMode.state, .reset] {
            let reaches = (0..<5).map { removals.reaches($0, mode) }
            #expect(reaches == [false, false, false, true, true])
        }
        let (none, resetEpoch) = (removals.since(0).isEmpty, removals.resetEpoch)
        #expect(none)
        #expect(resetEpoch == 3)
    }
}
