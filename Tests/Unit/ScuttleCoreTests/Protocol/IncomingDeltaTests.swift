import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("IncomingDelta")
struct IncomingDeltaTests {
    private func lineCheck(_ lines: [String], sealing numbers: [UInt64] = []) -> LineCheck {
        let check = NaiveFoldHash.check(lines, sealing: numbers)
        return LineCheck(count: check.count, hash: check.hash)
    }

    /// Returns the head of a datagram.
    private func head(
        _ mode: DeltaMode = .state, kind: UInt64 = 5, span: DeltaHead.Span? = nil, of lines: [String] = []
    ) -> DeltaHead {
        DeltaHead(
            mode: mode, incarnation: 1, epoch: 0, nonce: 4, kind: kind, span: span,
            check: span.map { lineCheck(lines, sealing: [$0.start, $0.from, $0.until]) })
    }

    /// Returns the head of a delta on a stream.
    private func streamHead(
        _ mode: DeltaMode = .state, kind: UInt64 = 5, start: UInt64 = 0, from: UInt64 = 0
    ) -> DeltaHead {
        DeltaHead(mode: mode, incarnation: 1, epoch: 0, nonce: 4, kind: kind, span: (start, from, from))
    }

    private func commit(
        _ from: Int, _ to: Int, sequence: UInt64, last: Bool = false, of lines: [String]? = nil
    ) -> CommitPart {
        CommitPart(
            sequence: sequence, from: from, to: to, isLast: last,
            check: lines.map { lineCheck($0, sealing: [0, sequence]) }, claims: [])
    }

    @Test("Spans in every order, lost and repeated: the sequence ends before the first gap")
    func spans() {
        // A delta from 10 in four datagrams; all updates of the third are superseded by now.
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
                let progress = incoming.progress(of: 1, withRanges: true)
                check(progress?.sequence == sequence, "\(numbers): progress")
                let behind = come.subtracting(10..<sequence)
                let ranges = progress?.ranges.flatMap { $0.from..<$0.until } ?? []
                check(ranges == behind.sorted(), "\(numbers): ranges \(ranges)")
                check(incoming.head == nil, "nothing in a datagram belongs to another one")
            }
        }
    }

    @Test("A part of a commit that needs a higher sequence than the last one makes the commit begin anew")
    func contradictingParts() {
        var incoming = IncomingDelta()
        func isWhole(_ parts: [CommitPart]) -> [Bool] {
            parts.map { incoming.apply($0, [], [], isSpan: true, isChecked: true) }
        }
        incoming.begin(head(span: (0, 0, 11)), at: 0)
        // The sequence of the first one was altered on its way.
        let altered = isWhole([commit(0, 3, sequence: 99), commit(3, 7, sequence: 11, last: true)])
        #expect(altered == [false, false])
        let item = incoming.progress(of: 1, withRanges: true)?.item
        #expect(item == 0)
        incoming.begin(head(span: (0, 11, 11)), at: 0)
        let again = isWhole([commit(0, 3, sequence: 11), commit(3, 7, sequence: 11, last: true)])
        #expect(again == [false, true])
    }

    @Test("Several heads in one datagram: each closes the previous one")
    func headsInADatagram() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        check(incoming.sequence == 0)
        incoming.begin(head(span: (0, 3, 7)), at: 0)
        check(incoming.sequence == 3)
        incoming.begin(head(.log), at: 0)
        check(incoming.sequence == 7)
        incoming.endDatagram()
        check(incoming.transfer?.kind == 5)
        incoming.begin(head(kind: 6, span: (2, 2, 4)), at: 0)
        incoming.endDatagram()
        let progress = incoming.progress(of: 1, withRanges: true, window: 3)
        #expect(progress == Progress(incarnation: 1, mode: .state, epoch: 6, sequence: 4, window: 3))
    }

    @Test("The continuation of another delta counts for nothing")
    func otherDelta() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.endDatagram()
        for other in [head(kind: 6, span: (0, 3, 9)), head(.reset, span: (0, 3, 9))] {
            incoming.begin(other, at: 0)
            let counts = incoming.head?.counts
            incoming.endDatagram()
            #expect(counts == false)
            let progress = incoming.progress(of: 1, withRanges: true)
            #expect(progress == Progress(incarnation: 1, mode: .state, epoch: 5, sequence: 3))
        }
        // On a stream a gap would be unnoticed.
        for (from, counts) in [(3, true), (4, false), (0, true)] as [(UInt64, Bool)] {
            incoming.begin(streamHead(from: from), at: 0)
            check(incoming.head?.counts == counts, "from \(from)")
        }
        var empty = IncomingDelta()
        empty.begin(streamHead(from: 3), at: 0)
        check(empty.head?.counts == false)
        check(empty.transfer == nil)
        // The sender knows that nothing is missing up to the start.
        empty.begin(streamHead(start: 3, from: 3), at: 0)
        check(empty.head?.counts == true)
    }

    @Test(
        "On a stream the lines before a mark count with it, unless they were lost, repeated, swapped or altered"
    )
    func marks() {
        let sent = ["one", "two", "three"]
        withEvery(upTo: 4, over: sent + ["two "]) { arrived in
            var incoming = IncomingDelta()
            incoming.begin(streamHead(), at: 0)
            for line in arrived { line.lend { incoming.note(line: $0) } }
            incoming.mark(upTo: 7, lineCheck(sent, sealing: [0, 7]), isChecked: true)
            let expected: UInt64 = arrived == sent ? 7 : 0
            check(incoming.sequence == expected, "\(arrived): \(incoming.sequence)")
            // The lines behind it do not count either, up to the next head.
            incoming.mark(upTo: 9, lineCheck([], sealing: [0, 9]), isChecked: true)
            check(incoming.sequence == (arrived == sent ? 9 : 0), "\(arrived): behind it \(incoming.sequence)")
            incoming.begin(streamHead(from: incoming.sequence), at: 0)
            incoming.mark(upTo: 11, lineCheck([], sealing: [0, 11]), isChecked: true)
            check(incoming.sequence == 11, "\(arrived): in the end \(incoming.sequence)")
        }
    }

    @Test("The sequence of a mark, and the start of its delta, are sealed with the lines; without the check all counts")
    func sealedMark() {
        for (start, sequence, isChecked) in [(0, 8, true), (1, 7, true), (0, 8, false), (1, 7, false)]
            as [(UInt64, UInt64, Bool)]
        {
            var incoming = IncomingDelta()
            incoming.begin(streamHead(start: start), at: 0)
            incoming.mark(upTo: sequence, lineCheck([], sealing: [0, 7]), isChecked: isChecked)
            check(incoming.sequence == (isChecked ? 0 : sequence), "\(start), \(sequence): \(incoming.sequence)")
        }
    }

    @Test("A mark counts for nothing if an update before it was refused; a later one counts again")
    func refusedBeforeMark() {
        var incoming = IncomingDelta()
        incoming.begin(streamHead(), at: 0)
        incoming.mark(upTo: 3, lineCheck([], sealing: [0, 3]), isChecked: true)
        incoming.excludesAll = true
        incoming.mark(upTo: 7, lineCheck([], sealing: [0, 7]), isChecked: true)
        check(incoming.sequence == 3)
    }

    @Test(
        "Progress continues over another link, except for contents; an accepted commit leaves a state delta's progress"
    )
    func resume() {
        for mode in [DeltaMode.state, .reset, .contents] {
            var incoming = IncomingDelta()
            incoming.begin(streamHead(mode), at: 0)
            incoming.mark(upTo: 7, lineCheck([], sealing: [0, 7]), isChecked: true)
            let transfer = incoming.removeTransfer()
            check(incoming.transfer == nil)
            check((transfer == nil) == (mode == .contents), "\(mode)")
            guard let transfer else { continue }
            var next = IncomingDelta()
            next.resume(transfer)
            next.begin(streamHead(mode, from: 7), at: 0)
            check(next.head?.counts == true, "\(mode)")
            let isWhole = next.apply(
                commit(0, 1, sequence: 7, last: true, of: []), [], [], isSpan: false, isChecked: true)
            check(isWhole, "\(mode)")
            next.endCommit(isSpan: false)
            check(next.sequence == (mode == .state ? 7 : 0), "\(mode): \(next.sequence)")
            check(next.head == nil, "\(mode)")
            check(next.transfer?.nextItem ?? 0 == 0, "\(mode)")
        }
    }

    @Test("A span counts if exactly the sent lines have arrived: none missing, twice, swapped or altered")
    func spanLines() {
        let sent = ["one", "two", "three"]
        for mode in [DeltaMode.state, .reset, .contents] {
            withEvery(upTo: 4, over: sent + ["two "]) { arrived in
                var incoming = IncomingDelta()
                incoming.begin(head(mode, span: (0, 0, 7), of: sent), at: 0)
                for line in arrived { line.lend { incoming.note(line: $0) } }
                incoming.endDatagram()
                check(incoming.sequence == (arrived == sent ? 7 : 0), "\(mode), \(arrived): \(incoming.sequence)")
            }
        }
    }

    @Test("The updates since a cover are compared with its check, and the next one begins anew")
    func covers() {
        var incoming = IncomingDelta()
        incoming.begin(head(.log), at: 0)
        for line in ["one", "two"] { line.lend { incoming.note(line: $0) } }
        let first = incoming.matchesCheck(lineCheck(["one", "two"]))
        #expect(first)
        "three".lend { incoming.note(line: $0) }
        let both = incoming.matchesCheck(lineCheck(["one", "two", "three"]))
        #expect(!both)
        let none = incoming.matchesCheck(lineCheck([]))
        #expect(none)
        "four".lend { incoming.note(line: $0) }
        incoming.begin(head(.log), at: 0)
        let anew = incoming.matchesCheck(lineCheck([]))
        #expect(anew)
        // A part of a commit that is not the last has no check.
        "five".lend { incoming.note(line: $0) }
        let unsaid = incoming.matchesCheck(nil)
        #expect(unsaid)
    }

    @Test("A head without an open request closes the previous one, and the lines behind it belong to nothing")
    func unasked() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.endHead()
        check(incoming.head == nil)
        check(incoming.sequence == 3, "\(incoming.sequence)")
        check(incoming.transfer?.kind == 5, "the delta goes on with its next head")
    }

    @Test("An early delta ends no other, and a contents delta has a commit as a state delta has")
    func modes() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.begin(head(.early), at: 0)
        check(incoming.transfer?.kind == 5)
        check(incoming.sequence == 3)
        incoming.begin(head(.contents, kind: 6, span: (0, 0, 4)), at: 17)
        check(incoming.transfer?.mode == .contents)
        check(incoming.begun == 17)
        let isWhole = incoming.apply(commit(0, 0, sequence: 4, last: true), [], [], isSpan: true, isChecked: true)
        #expect(isWhole)
    }

    @Test("A span with an unreadable line does not count")
    func unreadable() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 3)), at: 0)
        incoming.excludesAll = true
        incoming.endDatagram()
        check(incoming.sequence == 0)
    }

    @Test("Commit parts in every order, lost and repeated: complete if all have arrived and hold")
    func commits() {
        let parts = (0..<3).map { commit($0, $0 + 1, sequence: 4, last: $0 == 2) }
        for reached in [3, 4, 5] as [UInt64] {
            withEvery(upTo: 5, over: Array(0..<3)) { numbers in
                var incoming = IncomingDelta()
                incoming.begin(head(span: (0, 0, reached)), at: 0)
                incoming.endDatagram()
                var next = 0
                for number in numbers {
                    // Its first part begins a commit anew.
                    if number == 0 { next = 0 }
                    let follows = number <= next
                    if follows { next = max(next, number + 1) }
                    incoming.begin(head(span: (0, reached, reached)), at: 0)
                    let isWhole = incoming.apply(parts[number], [], [], isSpan: true, isChecked: true)
                    incoming.endDatagram()
                    let expected = follows && number == 2 && reached >= 4
                    check(isWhole == expected, "\(numbers) at \(reached): part \(number) is whole: \(isWhole)")
                    let item = incoming.progress(of: 1, withRanges: true)?.item
                    check(item == next, "\(numbers): next \(String(describing: item))")
                }
            }
        }
    }

    @Test("On a stream a commit holds from its sequence, if the updates before it are those that were sent")
    func streamCommit() {
        var incoming = IncomingDelta()
        incoming.begin(streamHead(), at: 0)
        "one".lend { incoming.note(line: $0) }
        let early = incoming.apply(commit(0, 2, sequence: 9, of: ["one"]), [], [], isSpan: false, isChecked: true)
        let late = incoming.apply(
            commit(2, 3, sequence: 9, last: true, of: []), [], [], isSpan: false, isChecked: true)
        #expect(!early)
        #expect(late)
        incoming.endDelta()
        check(incoming.transfer == nil)
        check(incoming.claims.isEmpty)
        check(incoming.progress(of: 1, withRanges: false) == nil)
        // Without a check, or with a wrong one, it holds only if checks are disabled.
        for (lines, isChecked) in [(nil, true), (["two"], true), (nil, false), (["two"], false)] as [([String]?, Bool)]
        {
            incoming.begin(streamHead(), at: 0)
            "one".lend { incoming.note(line: $0) }
            let part = commit(0, 3, sequence: 9, last: true, of: lines)
            let isWhole = incoming.apply(part, [], [], isSpan: false, isChecked: isChecked)
            check(isWhole == !isChecked, "\(String(describing: lines)), \(isChecked)")
            incoming.endDelta()
        }
    }

    @Test("A commit holds from the highest sequence that its parts name")
    func holdsFrom() {
        var incoming = IncomingDelta()
        incoming.begin(head(span: (0, 0, 4)), at: 0)
        _ = incoming.apply(commit(0, 1, sequence: 6), [], [], isSpan: true, isChecked: true)
        let early = incoming.apply(commit(1, 2, sequence: 6, last: true), [], [], isSpan: true, isChecked: true)
        #expect(!early)
        incoming.endDatagram()
        incoming.begin(head(span: (0, 4, 6)), at: 0)
        let late = incoming.apply(commit(1, 2, sequence: 6, last: true), [], [], isSpan: true, isChecked: true)
        #expect(late)
    }

    @Test("The updates of a log wait for their cover, up to a limit, and are released with the datagram")
    func pending() {
        let records = (0..<1100).map { Record(PlainUpdate("k", "1", "A", Version($0 + 1)), from: 0) }
        do {
            var incoming = IncomingDelta()
            incoming.begin(head(.log), at: 0)
            for (count, record) in records.enumerated() {
                record.retain()
                incoming.pending.hold(record)
                check(incoming.pending.records.count == count % 1024 + 1, "\(incoming.pending.records.count) wait")
                check(incoming.pending.hasLost == (count >= 1024), "lost at \(count)")
            }
            incoming.pending.close()
            let (pending, hasLost) = (incoming.pending.records.count, incoming.pending.hasLost)
            #expect(pending == 1100 - 1024)
            #expect(hasLost)
            records[0].retain()
            incoming.pending.hold(records[0])
            let (again, stillLost) = (incoming.pending.records.count, incoming.pending.hasLost)
            #expect(again == 1)
            #expect(!stillLost)
            incoming.endDatagram()
            let none = incoming.pending.records.isEmpty
            #expect(none)
            records[0].retain()
            incoming.pending.hold(records[0])
        }
        check(records.allSatisfy { $0.owners == 1 }, "a record is held on to")
        for record in records { record.release() }
    }

    @Test("Refused updates are excluded from their delta, and not from the next")
    func excluded() {
        var incoming = IncomingDelta()
        incoming.begin(streamHead(), at: 0)
        incoming.exclude(3)
        incoming.begin(streamHead(), at: 0)
        check(incoming.excludes(3))
        check(!incoming.excludes(4))
        incoming.begin(streamHead(kind: 6), at: 0)
        check(!incoming.excludes(3))
        incoming.excludesAll = true
        check(incoming.excludes(4))
        incoming.begin(head(.log), at: 0)
        check(!incoming.excludes(4))
    }

    @Test("A reset records which arrival of each key the peer has too, once the lines around it are certain")
    func kept() {
        var incoming = IncomingDelta()
        func all() -> [Arrivals.Sequence] { (0..<6).map { incoming.kept($0) } }
        incoming.begin(streamHead(.reset), at: 0)
        incoming.note(4, 17)
        incoming.note(2, .max)
        check(all() == [0, 0, 0, 0, 0, 0])
        incoming.mark(upTo: 3, lineCheck([], sealing: [0, 3]), isChecked: true)
        check(all() == [0, 0, .max, 0, 17, 0])
        // A late line may still have the peer's earlier entry.
        incoming.note(4, .max)
        incoming.note(2, 18)
        incoming.mark(upTo: 4, lineCheck([], sealing: [0, 4]), isChecked: true)
        check(all() == [0, 0, 18, 0, 17, 0])
        incoming.note(5, 19)
        incoming.mark(upTo: 5, lineCheck(["lost"], sealing: [0, 5]), isChecked: true)
        incoming.begin(streamHead(.reset, from: 4), at: 0)
        incoming.mark(upTo: 6, lineCheck([], sealing: [0, 6]), isChecked: true)
        check(all() == [0, 0, 18, 0, 17, 0], "updates beside a lost line count for nothing")
        incoming.begin(streamHead(.reset, kind: 6), at: 0)
        check(all() == [0, 0, 0, 0, 0, 0])
    }
}

extension IncomingDelta {
    /// The sequence up to which everything has arrived.
    fileprivate var sequence: UInt64 { transfer?.received.end ?? 0 }
}
