import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("LineSplitter")
struct LineSplitterTests {
    private enum Event: Equatable {
        case line([UInt8])
        case tooLong
    }

    private func split(_ pieces: [[UInt8]], limit: Int) -> [Event] {
        var splitter = LineSplitter()
        var events: [Event] = []
        for piece in pieces {
            piece.lend { piece in
                var rest = piece
                while let line = splitter.next(from: &rest, limit: limit) {
                    switch line {
                    case .whole(let text): events.append(.line([UInt8](text)))
                    case .tooLong: events.append(.tooLong)
                    case .noMemory: check(false, "there is memory")
                    }
                }
                check(rest.isEmpty, "something of a piece is left")
            }
        }
        return events
    }

    /// Returns the lines of a text, and for an incomplete line only whether it is already too long.
    private func expected(_ text: [UInt8], limit: Int) -> [Event] {
        var lines = text.lines
        let open = lines.removeLast()
        return lines.map { $0.count <= limit ? .line($0) : .tooLong } + (open.count <= limit ? [] : [.tooLong])
    }

    @Test("Every text of up to 7 bytes, every way to cut it, every limit to 3", arguments: 0...3)
    func exhaustive(limit: Int) {
        withEvery(upTo: 7, over: [0x61, 0x0a] as [UInt8]) { text in
            let expected = expected(text, limit: limit)
            withEveryCut(of: text) { pieces in
                check(split(pieces, limit: limit) == expected, "\(pieces), limit \(limit)")
            }
        }
    }

    @Test("Lines around a limit, long enough for every path, cut anywhere once or twice", arguments: 14...18)
    func aroundTheLimit(limit: Int) {
        let counts = [limit - 1, limit, limit + 1, 0, limit + 20, limit]
        let text: [UInt8] = counts.flatMap { [UInt8](repeating: 0x62, count: $0) + [0x0a] as [UInt8] } + [0x63]
        let expected = expected(text, limit: limit)
        for first in 0...text.count {
            let whole = [Array(text[..<first]), Array(text[first...])]
            check(split(whole, limit: limit) == expected, "cut at \(first)")
            let second = min(first + 7, text.count)
            let pieces = [Array(text[..<first]), Array(text[first..<second]), Array(text[second...])]
            check(split(pieces, limit: limit) == expected, "cut at \(first) and \(second)")
        }
        #expect(split(text.map { [$0] }, limit: limit) == expected)
    }

    @Test("A newline is found at any offset, among bytes of any value", arguments: 0..<20)
    func newlines(offset: Int) {
        for filler in UInt8.min...UInt8.max where filler != 0x0a {
            var text = [UInt8](repeating: filler, count: 20)
            text[offset] = 0x0a
            check(split([text], limit: 100) == [.line(Array(text[..<offset]))], "\(filler) before \(offset)")
            text[offset] = filler
            check(split([text], limit: 100).isEmpty, "a newline is found in bytes of \(filler)")
        }
    }

    @Test("Random bytes in random pieces", arguments: 0..<20)
    func random(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let text = random.bytes(300, of: [0x0a, 0x09, 0x0b, 0x8a, 0x0d, 0x00, 0xff, 0x61, 0x61, 0x61, 0x61, 0x61])
        var pieces: [[UInt8]] = []
        var rest = text[...]
        while !rest.isEmpty {
            let count = min(random.within(0...25), rest.count)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(split(pieces, limit: 20) == expected(text, limit: 20))
    }

    @Test("A line within one piece is not copied; a line in two pieces is")
    func notCopied() {
        var splitter = LineSplitter()
        [UInt8]("one\ntwo\nthr").lend { piece in
            var rest = piece
            for start in [0, 4] {
                guard case .whole(let line) = splitter.next(from: &rest, limit: 10) else {
                    return check(false, "a line is missing")
                }
                check(line.baseAddress == piece.baseAddress.map { $0 + start }, "the line at \(start) was copied")
            }
            check(splitter.next(from: &rest, limit: 10) == nil, "a line without its end")
        }
        var end = [UInt8]("ee\n")
        let line = end.lend { piece in
            var rest = piece
            guard case .whole(let line) = splitter.next(from: &rest, limit: 10) else { return [] as [UInt8] }
            return [UInt8](line)
        }
        end = []
        #expect(line.text == "three")
    }

    @Test("A returned line stays valid until the next call")
    func borrowed() {
        var splitter = LineSplitter()
        [UInt8]("ab").lend { piece in
            var rest = piece
            check(splitter.next(from: &rest, limit: 10) == nil, "too early")
        }
        [UInt8]("c\nd\n").lend { piece in
            var rest = piece
            guard case .whole(let line) = splitter.next(from: &rest, limit: 10) else {
                return check(false, "a line is missing")
            }
            check(line.text == "abc", "the line is \(line.text)")
            guard case .whole(let next) = splitter.next(from: &rest, limit: 10) else {
                return check(false, "a line is missing")
            }
            check(next.text == "d", "the line is \(next.text)")
        }
    }

    @Test("It reports whether a line begins next")
    func betweenLines() {
        var splitter = LineSplitter()
        let text = [UInt8]("ab\n\nabcd\nabc\nx")
        for (place, byte) in text.enumerated() {
            let isBetween = splitter.isBetweenLines
            check(isBetween == (place == 0 || text[place - 1] == 0x0a), "at \(place)")
            [byte].lend { piece in
                var rest = piece
                while splitter.next(from: &rest, limit: 3) != nil {}
            }
        }
    }

    @Test("An endless line uses no more memory than the limit")
    func memory() {
        let piece = [UInt8](repeating: 0x61, count: 4 << 20)
        var splitter = LineSplitter()
        let before = residentBytes()
        var tooLong = 0
        for _ in 0..<64 {
            piece.lend { piece in
                var rest = piece
                while splitter.next(from: &rest, limit: 1 << 16) != nil { tooLong += 1 }
            }
        }
        #expect(tooLong == 1)
        // Half of the bytes; other tests run beside this one, and use some memory too.
        #expect(residentBytes() - before < 128 << 20)
    }
}
