import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// The output of a link: by reads of any size, or by peek and consume.
@Suite("Output")
struct OutputTests {
    @Test("Digests precede updates, and both are cut into reads of any size", arguments: [1, 2, 7, 64, 100_000])
    func sizes(capacity: Int) throws {
        let end = try LinkEnd.sample()
        end.askForEverything()
        end.link.gossip()
        end.write(done + "\n")
        let lines = end.readAll(capacity: capacity).lines.dropLast().map { $0.text }
        #expect(lines.count == 8)
        #expect(lines[3] == done)
        #expect(
            lines[4...] == [
                line("x", "1", "a", 1), line("y", "2", "b", 2), line("z", "3", "a", 3), line("w", "4", "local", 4),
            ])
    }

    @Test("A peek shows the same bytes until they are consumed, at most mtu messages at a time", arguments: 1...5)
    func peeking(mtu: Int) throws {
        let end = try LinkEnd.sample { $0.mtu = mtu }
        end.write(done + "\n")
        let expected = try LinkEnd.sample()
        expected.write(done + "\n")
        let all = expected.readAll()
        var sent: [UInt8] = []
        var random = TestRandom(seed: UInt64(mtu))
        while true {
            let spans = end.peek()
            check(end.peek(maxCount: 1) == Array(spans.prefix(1)), "the first alone")
            check(spans == end.peek(), "the same again")
            check(spans.count <= mtu, "\(spans.count) messages")
            guard !spans.isEmpty else { break }
            let shown = spans.flatMap { $0 }
            let taken = random.within(1...shown.count)
            try end.consume(taken)
            sent += shown[..<taken]
        }
        #expect(sent == all)
    }

    @Test("A consume of more than was shown, or of less than nothing, is an error and changes nothing")
    func consumedTooMuch() throws {
        let end = try LinkEnd.sample()
        end.write(done + "\n")
        #expect(consuming(1, of: end) == .argument)
        let shown = end.peek()
        let count = shown.reduce(0) { $0 + $1.count }
        for wrong in [count + 1, -1, .max, .min] { #expect(consuming(wrong, of: end) == .argument) }
        #expect(end.peek() == shown)
        try end.consume(count)
        #expect(consuming(1, of: end) == .argument)
        try end.consume(0)
    }

    @Test("Bytes that a later peek or read did not show again cannot be consumed")
    func shownBefore() throws {
        let end = try LinkEnd.sample()
        // A long value is a piece of its own.
        try end.replica.set("long", "\"\(String(repeating: "x", count: 2000))\"")
        end.write(done + "\n")
        let all = end.peek()
        let first = end.peek(maxCount: 1)[0].count
        #expect(consuming(first + 1, of: end) == .argument)
        try end.consume(3)
        #expect(consuming(first - 2, of: end) == .argument)
        try end.consume(first - 3)
        _ = end.peek()
        #expect(end.read(upTo: 1) == [UInt8(ascii: "\"")])
        #expect(consuming(1, of: end) == .argument)
        #expect(end.readAll() == [UInt8](all.joined().dropFirst(first + 1)))
    }

    private func consuming(_ count: Int, of end: LinkEnd) -> Failure.Code? {
        failure { () throws(Failure) in try end.consume(count) }
    }

    @Test("A half-read message stays as it was, although its key was written again")
    func begun() throws {
        let end = try LinkEnd.sample()
        end.write(done + "\n")
        var text = end.read(upTo: 5)
        for number in 0..<100 { try end.replica.set("x", "\(number)") }
        text += end.readAll()
        #expect(text.lines[0].text == line("x", "1", "a", 1))
        #expect(end.replica.broken == nil)
    }
}
