import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("LineCheck")
struct LineCheckTests {
    private func made(_ lines: [String]) -> LineCheck {
        var check = LineCheck()
        for line in lines { line.lend { check.add($0) } }
        return check
    }

    @Test("As the naive one: every list of up to five lines")
    func naive() {
        withEvery(upTo: 5, over: ["", "a", "b", "a longer line, of more than a block"]) { lines in
            let expected = NaiveFoldHash.check(lines)
            let mine = made(lines)
            check(mine.count == expected.count && mine.hash == expected.hash, "\(lines)")
        }
    }

    @Test("Two lists of up to four lines have one check only where they are the same")
    func distinct() {
        var seen: [String: [String]] = [:]
        withEvery(upTo: 4, over: ["", "a", "b", "ab"]) { lines in
            let mine = made(lines)
            let key = "\(mine.count) \(mine.hash)"
            check(seen[key] == nil, "\(lines) and \(seen[key] ?? [])")
            seen[key] = lines
        }
    }

    @Test("What a peer has said is compared by count and hash, and none says nothing")
    func said() {
        let mine = made(["a", "b"])
        #expect(mine == LineCheck(count: 2, hash: mine.hash))
        #expect(mine != LineCheck(count: 3, hash: mine.hash))
        #expect(mine != LineCheck(count: 2, hash: mine.hash ^ 1))
        #expect(LineCheck() == LineCheck(count: 0, hash: 0))
    }

    @Test("A line and its hash are the same to it")
    func hashes() {
        var check = LineCheck()
        check.add("a line".lend { FoldHash.hash($0) })
        #expect(check == made(["a line"]))
    }
}
