import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The parts of a commit when the sender purges tombstones.
@Suite("State transfer")
struct StateTransferTests {
    private func part(_ from: Int, _ to: Int, isLast: Bool) -> CommitPart {
        CommitPart(sequence: 5, from: from, to: to, isLast: isLast, check: nil, claims: [])
    }

    @Test("Parts from before a purge do not count for a commit after it")
    func purgedBetween() {
        let transfer = StateTransfer(.reset, kind: 1, from: 0, begun: 0)
        transfer.note(from: 0, until: 5)
        #expect(!transfer.apply(part(0, 3, isLast: false), [], []))
        #expect(transfer.nextItem == 3)
        transfer.advance(to: 2)
        #expect((transfer.kind, transfer.nextItem) == (2, 0))
        #expect(!transfer.apply(part(3, 6, isLast: true), [], []))
        #expect(!transfer.apply(part(0, 3, isLast: false), [], []))
        #expect(transfer.apply(part(3, 6, isLast: true), [], []))
    }

    @Test(
        "A sender that has purged since begins its commit anew, whatever item the peer has reached", arguments: [1, 2])
    func goOn(epoch: UInt64) {
        let outgoing = OutgoingDelta(.reset, epoch: 7, nonce: 1, kind: 1, start: 0, begun: 9)
        let progress = Progress(incarnation: 1, mode: .reset, epoch: 1, sequence: 4, ranges: [], item: 3)
        outgoing.resume(from: progress, last: 9, epoch: epoch)
        #expect(outgoing.cursor == 4)
        #expect(outgoing.item == (epoch == 1 ? 3 : 0))
    }
}
