import Testing

@testable import Scuttle

@Suite("Hearing")
struct HearingTests {
    private func head(
        _ mode: AnswerMode = .state, answer: UInt64 = 5, span: AnswerHead.Span? = nil
    ) -> AnswerHead {
        AnswerHead(
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
        let spans: [AnswerHead.Span] = [(10, 10, 14, 0), (10, 14, 15, 0), (10, 15, 15, 0), (10, 15, 21, 0)]
        withEvery(upTo: 5, over: Array(0..<4)) { numbers in
            var hearing = Hearing()
            var come = Set<UInt64>()
            for number in numbers {
                hearing.begin(head(span: spans[number]))
                hearing.endDatagram()
                for stamp in spans[number].from..<spans[number].until { come.insert(stamp) }
                var stamp: UInt64 = 10
                while come.contains(stamp) { stamp += 1 }
                check(hearing.stamp == stamp, "\(numbers): \(hearing.stamp), not \(stamp)")
                check(hearing.progress?.stamp == stamp, "\(numbers): progress")
                check(hearing.head == nil, "nothing in a datagram belongs to another one")
            }
        }
    }

    @Test("Several heads in one datagram: each closes the one before it")
    func headsInADatagram() {
        var hearing = Hearing()
        hearing.begin(head(span: (0, 0, 3, 0)))
        check(hearing.stamp == 0)
        hearing.begin(head(span: (0, 3, 7, 0)))
        check(hearing.stamp == 3)
        hearing.begin(head(.log))
        check(hearing.stamp == 7)
        hearing.endDatagram()
        check(hearing.answer?.answer == 5)
        hearing.begin(head(answer: 6, span: (2, 2, 4, 0)))
        check(hearing.stamp == 2)
        hearing.endDatagram()
        check(hearing.progress == Progress(answer: 6, stamp: 4, source: 0))
    }

    @Test("A span of which an update is missing does not count, in any mode, though the cut was between two lines")
    func cutShort() {
        for mode in [AnswerMode.state, .reset] {
            for heard in 0...4 {
                var hearing = Hearing()
                hearing.begin(head(mode, span: (0, 0, 7, 3)))
                for _ in 0..<heard { hearing.noteUpdate() }
                hearing.endDatagram()
                check(hearing.stamp == (heard >= 3 ? 7 : 0), "\(mode), \(heard) of 3: \(hearing.stamp)")
            }
        }
    }

    @Test("A span of which a line could not be read does not count")
    func unreadable() {
        var hearing = Hearing()
        hearing.begin(head(span: (0, 0, 3, 0)))
        hearing.excludesAll = true
        hearing.endDatagram()
        check(hearing.stamp == 0)
    }

    @Test("Commit parts in every order, lost and repeated: whole where all are there, and hold")
    func commits() {
        let parts = (0..<3).map { commit($0, $0 + 1, stamp: 4, last: $0 == 2) }
        for reached in [3, 4, 5] as [UInt64] {
            withEvery(upTo: 5, over: Array(0..<3)) { numbers in
                var hearing = Hearing()
                hearing.begin(head(span: (0, 0, reached, 0)))
                hearing.endDatagram()
                var next = 0
                for number in numbers {
                    let follows = number <= next
                    if follows { next = max(next, number + 1) }
                    let isWhole = hearing.take(parts[number], [], isDatagram: true)
                    let expected = follows && number == 2 && reached >= 4
                    check(isWhole == expected, "\(numbers) at \(reached): part \(number) is whole: \(isWhole)")
                    check(hearing.nextSource == next, "\(numbers): next \(hearing.nextSource)")
                }
            }
        }
    }

    @Test("On a stream a commit holds as it comes: nothing before it was lost")
    func streamCommit() {
        var hearing = Hearing()
        hearing.begin(head())
        let early = hearing.take(commit(0, 2, stamp: 9), [], isDatagram: false)
        let late = hearing.take(commit(2, 3, stamp: 9, last: true), [], isDatagram: false)
        #expect(!early)
        #expect(late)
        hearing.endAnswer()
        check(hearing.answer == nil)
        check(hearing.claims.isEmpty)
        check(hearing.progress == nil)
    }

    @Test("A commit holds from the highest stamp that its parts name")
    func holdsFrom() {
        var hearing = Hearing()
        hearing.begin(head(span: (0, 0, 4, 0)))
        hearing.endDatagram()
        _ = hearing.take(commit(0, 1, stamp: 6), [], isDatagram: true)
        let early = hearing.take(commit(1, 2, stamp: 4, last: true), [], isDatagram: true)
        #expect(!early)
        hearing.begin(head(span: (0, 4, 6, 0)))
        hearing.endDatagram()
        let late = hearing.take(commit(1, 2, stamp: 4, last: true), [], isDatagram: true)
        #expect(late)
    }

    @Test("News waits for its cover, no more of it than is bearable, and is let go of with the datagram")
    func pending() {
        let records = (0..<1100).map { Record(PlainUpdate("k", "1", "A", Version($0 + 1)), from: 0) }
        do {
            var hearing = Hearing()
            hearing.begin(head(.log))
            for (count, record) in records.enumerated() {
                record.retain()
                hearing.hold(record)
                check(hearing.pending.count == count % 1024 + 1, "\(hearing.pending.count) wait")
                check(hearing.hasLostPending == (count >= 1024), "lost at \(count)")
            }
            hearing.closePending()
            let (pending, hasLost) = (hearing.pending.count, hearing.hasLostPending)
            #expect(pending == 1100 - 1024)
            #expect(hasLost)
            records[0].retain()
            hearing.hold(records[0])
            let (again, stillLost) = (hearing.pending.count, hearing.hasLostPending)
            #expect(again == 1)
            #expect(!stillLost)
            hearing.endDatagram()
            let none = hearing.pending.isEmpty
            #expect(none)
            records[0].retain()
            hearing.hold(records[0])
        }
        check(records.allSatisfy { $0.owners == 1 }, "a record is held on to")
        for record in records { record.release() }
    }

    @Test("What was refused is excluded from its answer, and not from the next")
    func excluded() {
        var hearing = Hearing()
        hearing.begin(head())
        hearing.exclude(3)
        hearing.begin(head())
        check(hearing.excludes(3))
        check(!hearing.excludes(4))
        hearing.begin(head(answer: 6))
        check(!hearing.excludes(3))
        hearing.excludesAll = true
        check(hearing.excludes(4))
        hearing.begin(head(.log))
        check(!hearing.excludes(4))
    }

    @Test("Of a reset it knows for each key which arrival the peer has too")
    func kept() {
        var hearing = Hearing()
        hearing.begin(head(.reset))
        hearing.keep(4, 17)
        hearing.keep(2, .max)
        check((0..<6).map { hearing.kept($0) } == [0, 0, .max, 0, 17, 0])
        hearing.begin(head(.reset, answer: 6))
        check(hearing.kept(4) == 0)
    }
}
