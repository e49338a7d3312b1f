import Foundation
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Send buffer")
struct SendBufferTests {
    private static let digest = #"{"digest":true,"source_id":"A\"","id":"A\"","version":77}"# + "\n"
    private static let done = #"{"digest":true,"done":true}"# + "\n"

    /// A send buffer of every kind of message, and its bytes.
    private struct Filled: ~Copyable {
        var buffer = SendBuffer()
        var text = ""
        var records: [Record] = []

        init(_ kinds: String) {
            append(kinds)
        }

        mutating func append(_ kinds: String) {
            let table = SourceTable([[UInt8]("A\"")])
            let source = table[0]
            source.covered = 77
            for (number, kind) in kinds.enumerated() {
                switch kind {
                case "d":
                    buffer.appendDigest(of: source, at: source.covered)
                    text += SendBufferTests.digest
                case ".":
                    buffer.appendDone()
                    text += SendBufferTests.done
                default:
                    // A long value is borrowed, a short one copied.
                    let value = kind == "u" ? "[1]" : "\"\(String(repeating: "x", count: 1100))\""
                    let update = PlainUpdate("k\(number)", value, "A\"", Version(number + 1))
                    let record = Record(update, from: 0)
                    buffer.append(UpdateLine(of: record, in: table, at: LeaseClock().time))
                    records.append(record)
                    text += update.line + "\n"
                }
            }
        }

        deinit {
            for record in records { record.release() }
        }

        var shown: [UInt8] {
            var shown: [UInt8] = []
            buffer.visitSpans(maxCount: .max / 2) { shown += $0 }
            return shown
        }

        func examine(consumed: Int, _ what: String) {
            let rest = Array([UInt8](text)[consumed...])
            check(shown == rest, "\(what): \(consumed) bytes gone, \(shown.text)")
            check(buffer.isEmpty == rest.isEmpty, "\(what): isEmpty at \(consumed)")
        }
    }

    @Test("After a consume up to any byte, the rest remains", arguments: ["u", "U", "d", ".", "uu", "du.", "dU.u"])
    func everyByte(kinds: String) {
        let count = Filled(kinds).text.utf8.count
        for consumed in 0...count {
            var filled = Filled(kinds)
            filled.buffer.consume(consumed)
            filled.examine(consumed: consumed, kinds)
            filled.buffer.consume(count - consumed)
            filled.examine(consumed: count, kinds)
        }
    }

    @Test(
        "In random steps, it counts its messages and releases records that were consumed", arguments: 0..<20)
    func steps(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var filled = Filled("U" + String((0..<10).map { _ in random.pick(["u", "U", "d", "."]) }))
        let ends = filled.text.utf8.enumerated().filter { $0.element == 0x0a }.map { $0.offset + 1 }
        var consumed = 0
        while consumed < ends[ends.count - 1] {
            let step = min(random.below(90), ends[ends.count - 1] - consumed)
            filled.buffer.consume(step)
            consumed += step
            filled.examine(consumed: consumed, "seed \(seed)")
            let left = ends.filter { $0 > consumed }.count
            check(filled.buffer.count == left, "\(filled.buffer.count) messages, not \(left)")
            let held = filled.records.filter { $0.owners == 2 }.count
            // A borrowed value is held until its last byte is consumed; behind it is a back of some 40 bytes.
            let borrowed = filled.records.filter { $0.value.count > 1000 }
            let least = borrowed.filter { ends[Int($0.version) - 1] - 100 > consumed }.count
            let most = borrowed.filter { ends[Int($0.version) - 1] > consumed }.count
            check((least...most).contains(held), "\(held) records held, not \(least) to \(most)")
        }
        check(filled.records.allSatisfy { $0.owners == 1 }, "the batch holds on to a record")
    }

    @Test("Shows at most the requested count of pieces: text in one, each borrowed value in one", arguments: 0...7)
    func pieces(most: Int) {
        var filled = Filled("ud.UdU")
        filled.buffer.consume(3)
        var shown: [String] = []
        filled.buffer.visitSpans(maxCount: most) { shown.append($0.text) }
        let value = filled.records[1].value.text
        let texts = filled.text.components(separatedBy: value)
        let expected = [String(texts[0].dropFirst(3)), value, texts[1], value, texts[2]]
        #expect(shown == Array(expected.prefix(most)))
    }

    @Test(
        "A line may be inserted in front of later messages, with long values and all",
        arguments: ["", "u", "U", "uU.", "UUd", "du"])
    func inserted(kinds: String) {
        for place in 0...kinds.count {
            let front = String(kinds.prefix(place))
            var filled = Filled(front)
            let (end, length) = (filled.buffer.end, filled.text.utf8.count)
            filled.append(String(kinds.dropFirst(place)))
            filled.buffer.insert(at: end) { $0.append(Bytes("{}\n")) }
            let bytes = [UInt8](filled.text)
            filled.text = ([UInt8](bytes[..<length]) + [UInt8]("{}\n".utf8) + [UInt8](bytes[length...])).text
            filled.examine(consumed: 0, kinds)
            let isPending = filled.buffer.hasUnsentRequest
            check(isPending == kinds.contains("d"), "a request in \(kinds) is lost")
            let count = filled.buffer.count
            check(count == kinds.count + 1, "\(count) messages in \(kinds)")
            filled.buffer.consume(length + 1)
            filled.examine(consumed: length + 1, kinds)
            let waits = filled.buffer.hasUnsentRequest
            let request = kinds.firstIndex(of: "d").map { kinds.distance(from: kinds.startIndex, to: $0) } ?? -1
            check(waits == (request >= place), "the request in \(kinds) and what is in front at \(place)")
        }
    }

    @Test("A digest waits until a part of the previous ones was sent")
    func isPending() {
        var filled = Filled("uUdud")
        let last = filled.text.utf8.count - Self.digest.utf8.count
        for consumed in 0..<filled.text.utf8.count {
            check(
                filled.buffer.hasUnsentRequest == (consumed <= last),
                "\(consumed) bytes gone, the last request at \(last)")
            filled.buffer.consume(1)
        }
        let isPending = filled.buffer.hasUnsentRequest
        #expect(!isPending)
    }

    @Test("Dropped half-read, it releases its records", arguments: [0, 1, 60, 1200])
    func givenUp(consumed: Int) {
        let value = "\"\(String(repeating: "x", count: 1030))\""
        let records = (1...4).map { Record(PlainUpdate("k\($0)", value, "A", Version($0)), from: 0) }
        do {
            var buffer = SendBuffer()
            let table = SourceTable([[UInt8]("A")])
            for record in records { buffer.append(UpdateLine(of: record, in: table, at: LeaseClock().time)) }
            buffer.consume(consumed)
        }
        for record in records {
            check(record.owners == 1, "\(record.owners) owners")
            record.release()
        }
    }

    @Test("Filled again after it was empty, with a digest of the longest id")
    func again() {
        var buffer = SendBuffer()
        let id = String(repeating: "\u{1}", count: 255)
        let source = id.lend { Source(id: $0) }
        defer { source.deallocate() }
        source.covered = .highest
        let quoted = quote([UInt8](id))
        let line = #"{"digest":true,"source_id":\#(quoted),"id":\#(quoted),"version":9007199254740991}"# + "\n"
        for _ in 0..<3 {
            buffer.appendDone()
            buffer.appendDigest(of: source, at: source.covered)
            buffer.appendDigest(of: source, at: source.covered)
            var shown = ""
            buffer.visitSpans(maxCount: 3) { shown += $0.text }
            check(shown == Self.done + line + line, shown)
            buffer.consume(shown.utf8.count)
        }
    }

    @Test("Read empty, it reuses the memory of its texts")
    func sameMemory() {
        var buffer = SendBuffer()
        var places: Set<UInt> = []
        for _ in 0..<50 {
            buffer.appendDone()
            buffer.visitSpans(maxCount: 1) { places.insert(UInt(bitPattern: $0.baseAddress)) }
            buffer.consume(Self.done.utf8.count)
        }
        #expect(places.count == 1)
    }
}
