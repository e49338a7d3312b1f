import Testing

@testable import Scuttle

@Suite("IncomingDelta")
struct IncomingDeltaTests {
    private func head(
        _ mode: DeltaMode = .state, answer: UInt64 = 5, span: DeltaHead.Span? = nil
    ) -> DeltaHead {
        DeltaHead(
            mode: mode, life: 1, epoch: 0, answer: answer,
            span: span.map { (start: $0.0, from: $0.1, until: $0.2, count: $0.3) },
            pauses: false)
    }

    private func commit(
        _ from: Int, _ to: Int, stamp: UInt64, last: Bool = false, answer: UInt64 = 5
    ) -> CommitPart {
        CommitPart(answer: answer, stamp: stamp, from: from, to: to, isLast: last, claims: [])
    }

    @Test("Spans in every order, lost and repeated: the stamp stands where nothing is missing before it")
    func spans() {
        // An answer from 10 in four datagrams; the third has updates that all are superseded by now.
        let spans: [DeltaHead.Span] = [(10, 10, 14, 0), (10, 14, 15, 0), (10, 15, 15, 0), (10, 15, 21, 0)]
        withEvery(upTo: 5, over: Array(0..<4)) { numbers in
            var incoming = IncomingDelta()
            var come = Set<UInt64>()
            for number in numbers {
                incoming.begin(head(span: spans[number]))
                incoming.endDatagram()
                for stamp in spans[number].from..<spans[number].until { come.insert(stamp) }
                var stamp: UInt64 = 10
                while come.contains(stamp) { stamp += 1 }
                check(incoming.stamp == stamp, "\(numbers): \(incoming.stamp), not \(stamp)")
                check(incoming.progress?.stamp == stamp, "\(numbers): progress")
                check(incoming.head == nil, "nothing in a datagram belongs to another one")
            }
        }
    }

    @Test("Several heads in one datagram: each closes the one before it")
    func headsInADatagram() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3, 0)))
        check(incoming.stamp == 0)
        incoming.begin(head(span: (0, 3, 7, 0)))
        check(incoming.stamp == 3)
        incoming.begin(head(.log))
        check(incoming.stamp == 7)
        incoming.endDatagram()
        check(incoming.answer?.answer == 5)
        incoming.begin(head(answer: 6, span: (2, 2, 4, 0)))
        check(incoming.stamp == 2)
        incoming.endDatagram()
        check(incoming.progress == Progress(answer: 6, stamp: 4, source: 0))
    }

    @Test("A span of which an update is missing does not count, in any mode, though the cut was between two lines")
    func cutShort() {
        for mode in [DeltaMode.state, .reset] {
            for heard in 0...4 {
                var incoming = IncomingDelta()
                incoming.begin(head(mode, span: (0, 0, 7, 3)))
                for _ in 0..<heard { incoming.noteUpdate() }
                incoming.endDatagram()
                check(incoming.stamp == (heard >= 3 ? 7 : 0), "\(mode), \(heard) of 3: \(incoming.stamp)")
            }
        }
    }

    @Test("A span of which a line could not be read does not count")
    func unreadable() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3, 0)))
        incoming.excludesAll = true
        incoming.endDatagram()
        check(incoming.stamp == 0)
    }

    @Test("Commit parts in every order, lost and repeated: whole where all are there, and hold")
    func commits() {
        let parts = (0..<3).map { commit($0, $0 + 1, stamp: 4, last: $0 == 2) }
        for reached in [3, 4, 5] as [UInt64] {
            withEvery(upTo: 5, over: Array(0..<3)) { numbers in
                var incoming = IncomingDelta()
                incoming.begin(head(span: (0, 0, reached, 0)))
                incoming.endDatagram()
                var next = 0
                for number in numbers {
                    let follows = number <= next
                    if follows { next = max(next, number + 1) }
                    let isWhole = incoming.take(parts[number], [], isDatagram: true)
                    let expected = follows && number == 2 && reached >= 4
                    check(isWhole == expected, "\(numbers) at \(reached): part \(number) is whole: \(isWhole)")
                    check(incoming.nextSource == next, "\(numbers): next \(incoming.nextSource)")
                }
            }
        }
    }

    @Test("On a stream a commit holds as it comes: nothing before it was lost")
    func streamCommit() {
        var incoming = IncomingDelta()
        incoming.begin(head())
        let early = incoming.take(commit(0, 2, stamp: 9), [], isDatagram: false)
        let late = incoming.take(commit(2, 3, stamp: 9, last: true), [], isDatagram: false)
        #expect(!early)
        #expect(late)
        incoming.endAnswer()
        check(incoming.answer == nil)
        check(incoming.claims.isEmpty)
        check(incoming.progress == nil)
    }

    @Test("A commit holds from the highest stamp that its parts name")
    func holdsFrom() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 4, 0)))
        incoming.endDatagram()
        _ = incoming.take(commit(0, 1, stamp: 6), [], isDatagram: true)
        let early = incoming.take(commit(1, 2, stamp: 4, last: true), [], isDatagram: true)
        #expect(!early)
        incoming.begin(head(span: (0, 4, 6, 0)))
        incoming.endDatagram()
        let late = incoming.take(commit(1, 2, stamp: 4, last: true), [], isDatagram: true)
        #expect(late)
    }

    @Test("LogDelta waits for its cover, no more of it than is bearable, and is let go of with the datagram")
    func pending() {
        let records = (0..<1100).map { Record(PlainUpdate("k", "1", "A", Version($0 + 1)), from: 0) }
        do {
            var incoming = IncomingDelta()
            incoming.begin(head(.log))
            for (count, record) in records.enumerated() {
                record.retain()
                incoming.hold(record)
                check(incoming.pending.count == count % 1024 + 1, "\(incoming.pending.count) wait")
                check(incoming.hasLostPending == (count >= 1024), "lost at \(count)")
            }
            incoming.closePending()
            let (pending, hasLost) = (incoming.pending.count, incoming.hasLostPending)
            #expect(pending == 1100 - 1024)
            #expect(hasLost)
            records[0].retain()
            incoming.hold(records[0])
            let (again, stillLost) = (incoming.pending.count, incoming.hasLostPending)
            #expect(again == 1)
            #expect(!stillLost)
            incoming.endDatagram()
            let none = incoming.pending.isEmpty
            #expect(none)
            records[0].retain()
            incoming.hold(records[0])
        }
        check(records.allSatisfy { $0.owners == 1 }, "a record is held on to")
        for record in records { record.release() }
    }

    @Test("What was refused is excluded from its answer, and not from the next")
    func excluded() {
        var incoming = IncomingDelta()
        incoming.begin(head())
        incoming.exclude(3)
        incoming.begin(head())
        check(incoming.excludes(3))
        check(!incoming.excludes(4))
        incoming.begin(head(answer: 6))
        check(!incoming.excludes(3))
        incoming.excludesAll = true
        check(incoming.excludes(4))
        incoming.begin(head(.log))
        check(!incoming.excludes(4))
    }

    @Test("Of a reset it knows for each key which arrival the peer has too")
    func kept() {
        var incoming = IncomingDelta()
        incoming.begin(head(.reset))
        incoming.keep(4, 17)
        incoming.keep(2, .max)
        check((0..<6).map { incoming.kept($0) } == [0, 0, .max, 0, 17, 0])
        incoming.begin(head(.reset, answer: 6))
        check(incoming.kept(4) == 0)
    }
}
