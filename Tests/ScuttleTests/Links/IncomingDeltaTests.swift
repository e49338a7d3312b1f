import Testing

@testable import Scuttle

@Suite("IncomingDelta")
struct IncomingDeltaTests {
    private func head(
        _ mode: DeltaMode = .state, delta: UInt64 = 5, span: DeltaHead.Span? = nil, of lines: [String] = []
    ) -> DeltaHead {
        let check = NaiveFoldHash.check(lines)
        return DeltaHead(
            mode: mode, incarnation: 1, epoch: 0, nonce: 4, delta: delta, span: span,
            check: span.map { _ in LineCheck(count: check.count, hash: check.hash) }, pauses: false)
    }

    private func commit(
        _ from: Int, _ to: Int, sequence: UInt64, last: Bool = false, delta: UInt64 = 5
    ) -> CommitPart {
        CommitPart(delta: delta, sequence: sequence, from: from, to: to, isLast: last, claims: [])
    }

    @Test("Spans in every order, lost and repeated: the sequence stands where nothing is missing before it")
    func spans() {
        // A delta from 10 in four datagrams; the third has updates that all are superseded by now.
        let spans: [DeltaHead.Span] = [(10, 10, 14), (10, 14, 15), (10, 15, 15), (10, 15, 21)]
        withEvery(upTo: 5, over: Array(0..<4)) { numbers in
            var incoming = IncomingDelta()
            var come = Set<UInt64>()
            for number in numbers {
                incoming.begin(head(span: spans[number]), at: 0)
                incoming.endDatagram()
                for sequence in spans[number].from..<spans[number].until { come.insert(sequence) }
                var sequence: UInt64 = 10
                while come.contains(sequence) { sequence += 1 }
                check(incoming.sequence == sequence, "\(numbers): \(incoming.sequence), not \(sequence)")
                check(incoming.progress?.sequence == sequence, "\(numbers): progress")
                check(incoming.head == nil, "nothing in a datagram belongs to another one")
            }
        }
    }

    @Test("Several heads in one datagram: each closes the one before it")
    func headsInADatagram() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        check(incoming.sequence == 0)
        incoming.begin(head(span: (0, 3, 7)), at: 0)
        check(incoming.sequence == 3)
        incoming.begin(head(.log), at: 0)
        check(incoming.sequence == 7)
        incoming.endDatagram()
        check(incoming.delta?.delta == 5)
        incoming.begin(head(delta: 6, span: (2, 2, 4)), at: 0)
        check(incoming.sequence == 2)
        incoming.endDatagram()
        check(incoming.progress == Progress(delta: 6, sequence: 4, source: 0))
    }

    @Test("A span counts where just the lines have come that were sent: none missing, twice, swapped or altered")
    func spanLines() {
        let sent = ["one", "two", "three"]
        for mode in [DeltaMode.state, .reset, .contents] {
            withEvery(upTo: 4, over: sent + ["two "]) { heard in
                var incoming = IncomingDelta()
                incoming.begin(head(mode, span: (0, 0, 7), of: sent), at: 0)
                for line in heard { line.lend { incoming.note(line: $0) } }
                incoming.endDatagram()
                check(incoming.sequence == (heard == sent ? 7 : 0), "\(mode), \(heard): \(incoming.sequence)")
            }
        }
    }

    @Test("The updates since a cover are compared with what it says of them, and the next one begins anew")
    func covers() {
        var incoming = IncomingDelta()
        func check(_ lines: [String]) -> LineCheck {
            let check = NaiveFoldHash.check(lines)
            return LineCheck(count: check.count, hash: check.hash)
        }
        incoming.begin(head(.log), at: 0)
        for line in ["one", "two"] { line.lend { incoming.note(line: $0) } }
        let first = incoming.takeCheck(check(["one", "two"]))
        #expect(first)
        "three".lend { incoming.note(line: $0) }
        let both = incoming.takeCheck(check(["one", "two", "three"]))
        #expect(!both)
        let none = incoming.takeCheck(check([]))
        #expect(none)
        "four".lend { incoming.note(line: $0) }
        incoming.begin(head(.log), at: 0)
        let anew = incoming.takeCheck(check([]))
        #expect(anew)
        // A part of a commit that is not the last says nothing of lines.
        "five".lend { incoming.note(line: $0) }
        let unsaid = incoming.takeCheck(nil)
        #expect(unsaid)
    }

    @Test("A head that answers nothing closes the one before it, and what follows belongs to nothing")
    func unasked() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.endHead()
        check(incoming.head == nil)
        check(incoming.sequence == 3, "\(incoming.sequence)")
        check(incoming.delta?.delta == 5, "the delta goes on with its next head")
    }

    @Test("An early delta ends no other, and a contents delta has a commit as a state delta has")
    func modes() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.begin(head(.early), at: 0)
        check(incoming.delta?.delta == 5)
        check(incoming.sequence == 3)
        incoming.begin(head(.contents, delta: 6, span: (0, 0, 4)), at: 17)
        incoming.endDatagram()
        check(incoming.delta?.mode == .contents)
        check(incoming.begun == 17)
        let isWhole = incoming.take(commit(0, 0, sequence: 4, last: true, delta: 6), [], isDatagram: true)
        #expect(isWhole)
    }

    @Test("A span of which a line could not be read does not count")
    func unreadable() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.excludesAll = true
        incoming.endDatagram()
        check(incoming.sequence == 0)
    }

    @Test("Commit parts in every order, lost and repeated: whole where all are there, and hold")
    func commits() {
        let parts = (0..<3).map { commit($0, $0 + 1, sequence: 4, last: $0 == 2) }
        for reached in [3, 4, 5] as [UInt64] {
            withEvery(upTo: 5, over: Array(0..<3)) { numbers in
                var incoming = IncomingDelta()
                incoming.begin(head(span: (0, 0, reached)), at: 0)
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

    @Test("On a stream a commit holds from where it says: nothing before it was lost")
    func streamCommit() {
        var incoming = IncomingDelta()
        incoming.begin(head(), at: 0)
        let early = incoming.take(commit(0, 2, sequence: 9), [], isDatagram: false)
        let late = incoming.take(commit(2, 3, sequence: 9, last: true), [], isDatagram: false)
        #expect(!early)
        #expect(late)
        incoming.endDelta()
        check(incoming.delta == nil)
        check(incoming.claims.isEmpty)
        check(incoming.progress == nil)
    }

    @Test("A commit holds from the highest sequence that its parts name")
    func holdsFrom() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 4)), at: 0)
        incoming.endDatagram()
        _ = incoming.take(commit(0, 1, sequence: 6), [], isDatagram: true)
        let early = incoming.take(commit(1, 2, sequence: 4, last: true), [], isDatagram: true)
        #expect(!early)
        incoming.begin(head(span: (0, 4, 6)), at: 0)
        incoming.endDatagram()
        let late = incoming.take(commit(1, 2, sequence: 4, last: true), [], isDatagram: true)
        #expect(late)
    }

    @Test("What a log brings waits for its cover, no more of it than is bearable, and is let go of with the datagram")
    func pending() {
        let records = (0..<1100).map { Record(PlainUpdate("k", "1", "A", Version($0 + 1)), from: 0) }
        do {
            var incoming = IncomingDelta()
            incoming.begin(head(.log), at: 0)
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

    @Test("What was refused is excluded from its delta, and not from the next")
    func excluded() {
        var incoming = IncomingDelta()
        incoming.begin(head(), at: 0)
        incoming.exclude(3)
        incoming.begin(head(), at: 0)
        check(incoming.excludes(3))
        check(!incoming.excludes(4))
        incoming.begin(head(delta: 6), at: 0)
        check(!incoming.excludes(3))
        incoming.excludesAll = true
        check(incoming.excludes(4))
        incoming.begin(head(.log), at: 0)
        check(!incoming.excludes(4))
    }

    @Test("Of a reset it knows for each key which arrival the peer has too")
    func kept() {
        var incoming = IncomingDelta()
        incoming.begin(head(.reset), at: 0)
        incoming.keep(4, 17)
        incoming.keep(2, .max)
        check((0..<6).map { incoming.kept($0) } == [0, 0, .max, 0, 17, 0])
        incoming.begin(head(.reset, delta: 6), at: 0)
        check(incoming.kept(4) == 0)
    }
}
