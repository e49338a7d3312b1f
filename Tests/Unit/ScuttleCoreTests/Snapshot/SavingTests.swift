import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Pieces that are written in several calls: see Tests/C/test_save_parts.c for what a host sees of them.
@Suite("Saving")
struct SavingTests {
    private func mark(_ position: Arrivals.Sequence, isOpen: Bool = false) -> SaveMarks.Mark {
        SaveMarks.Mark(
            position: position, revision: position, retiredFloor: 0, exceptions: 0, exceptionCount: 0,
            hasMetClassic: false, hasOwn: true, hasTicked: true, piece: position,
            open: isOpen ? SaveMarks.OpenPiece(isWhole: true, hasExceptions: true, entriesUntil: 1) : nil)
    }

    /// Appends a part of a piece with at most so many entries.
    private func save(_ replica: Replica, _ cursor: inout Cursor, to text: inout [UInt8], entries: Int = .max)
        -> Replica.Saved?
    {
        var left = entries
        let saved = replica.save(from: cursor) { line in
            text += line
            if line.begins(with: Bytes(#"{"key":"#)) { left -= 1 }
            return left > 0 ? .goOn : .pause
        }
        if let saved { cursor = saved.cursor }
        return saved
    }

    @Test("An open piece has a mark for its own cursor alone")
    func openMarks() throws {
        var marks = SaveMarks()
        for (position, isOpen) in [(5, false), (8, true), (9, true), (12, false)] as [(UInt64, Bool)] {
            marks.append(mark(position, isOpen: isOpen))
        }
        let found = (0...14).map { marks.mark(upTo: $0)?.position ?? 0 }
        #expect(found == [0, 0, 0, 0, 0, 5, 5, 5, 8, 9, 5, 5, 12, 12, 12])
    }

    @Test("A piece whose mark was dropped has none, although other saves have")
    func droppedMarks() throws {
        var marks = SaveMarks()
        marks.append(mark(1))
        marks.append(mark(2, isOpen: true))
        for position in 3...33 { marks.append(mark(UInt64(position))) }
        #expect(marks.mark(upTo: 1) == nil)
        #expect(marks.mark(upTo: 2)?.open != nil)
        marks.append(mark(34))
        #expect(marks.mark(upTo: 2) == nil)
        #expect(marks.mark(upTo: 3)?.position == 3)
    }

    @Test("The piece behind one of several calls follows the cursor in its head")
    func follows() throws {
        let replica = try Replica.make("a")
        var (cursor, text): (Cursor, [UInt8]) = (Cursor(), [])
        for key in ["a", "b", "c"] { try replica.set(key, "1") }
        #expect(save(replica, &cursor, to: &text, entries: 1)?.isOpen == true)
        let first = cursor
        try replica.set("a", "2")
        #expect(save(replica, &cursor, to: &text)?.isWhole == true)
        #expect(first.position < cursor.position)
        text = []
        try replica.set("b", "2")
        let saved = save(replica, &cursor, to: &text)
        #expect(saved?.isOpen == false && saved?.isWhole == false)
        #expect(text.lines[0].text.contains("\"follows\":[\(first.incarnation),\(first.position)]"))
    }

    @Test(
        "A classic peer that comes between calls begins the piece anew, because the head does not name it",
        arguments: [false, true])
    func classic(isWhole: Bool) throws {
        let replica = try Replica.make("a")
        var (cursor, text): (Cursor, [UInt8]) = (Cursor(), [])
        for key in ["a", "b", "c"] { try replica.set(key, "1") }
        if !isWhole {
            _ = save(replica, &cursor, to: &text)
            for key in ["a", "b", "c"] { try replica.set(key, "2") }
        }
        #expect(save(replica, &cursor, to: &text, entries: 1)?.isOpen == true)
        replica.hasMetClassic = true
        let saved = save(replica, &cursor, to: &text)
        #expect(saved?.isWhole == true && saved?.isOpen == false)
        let again = try Replica.make("a", seed: 2)
        #expect(try again.load(text))
        #expect(again.hasMetClassic)
        #expect(again.allEntries == replica.allEntries)
    }

    @Test("A save in parts of any length, among changes of all kinds, is the replica", arguments: 0..<40)
    func anyParts(seed: Int) throws {
        var random = TestRandom(seed: UInt64(seed))
        let (replica, peer) = (try Replica.make("a"), try Replica.make("b", seed: 3))
        var (cursor, text): (Cursor, [UInt8]) = (Cursor(), [])
        try replica.tick(1000)
        var time: UInt64 = 1000
        var complete = 0
        for step in 0..<120 {
            let key = "k\(random.below(20))"
            switch random.below(9) {
            case 0...2: try replica.set(key, "\(step)")
            case 3: try replica.delete(key)
            case 4:
                try key.lend { (key) throws(Failure) in
                    try replica.set(key, to: Bytes("true"), for: UInt64(random.within(20...200)))
                }
            case 5:
                time += UInt64(random.below(60))
                _ = try replica.tick(time)
            case 6: try peer.set(key, "[\(step)]")
            case 7 where random.oneIn(3): #expect(try meet(replica, peer) == nil)
            default: _ = try replica.purge()
            }
            let saved = save(replica, &cursor, to: &text, entries: random.within(1...5))
            guard saved?.isOpen == false else { continue }
            complete += 1
            let again = try Replica.make("a", seed: UInt64(1000 + step))
            #expect(try again.load(text))
            #expect(again.allEntries == replica.allEntries)
            #expect(again.broken == nil)
            #expect(again.version >= replica.version)
            #expect(again.highestPurged == replica.highestPurged)
            let (here, there) = (replica.expiries.items, again.expiries.items)
            #expect(there.filter { again.isCurrent($0) }.count == here.filter { replica.isCurrent($0) }.count)
            for source in replica.sources.ids where source != SourceTable.own && replica.sources[source].covered > 0 {
                let other = again.sources.find(replica.sources[source].id).map { again.sources[$0] }
                #expect(other?.covered == replica.sources[source].covered)
                #expect(other?.purged == replica.sources[source].purged)
            }
        }
        #expect(complete > 3)
    }
}
