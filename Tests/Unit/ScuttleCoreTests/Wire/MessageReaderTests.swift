import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Incoming messages, up to the judge.
@Suite("MessageReader")
struct MessageReaderTests {
    /// A judge that rejects all lines, and notes them.
    private struct NoJudge: MessageJudge, ~Copyable {
        let limits = Limits()
        private(set) var asked: [String] = []

        mutating func judge(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure) {
            asked.append(line.text)
            throw Failure(.unsupported, "there is no judge")
        }
    }

    @Test("The core reads its own updates and covers, and leaves all other lines to the judge")
    func judge() throws {
        let update = PlainUpdate("k", "[1,{\"a\":2}]", "A", 1)
        let cover = #"{"digest":true,"cover":{"A":[0,1]},"lines":[1,"00000000"]}"#
        let others = [#"{"digest":true,"twin":true}"#, #"{"key":"k","value": 1,"source_id":"A","version":2}"#, "{", ""]
        var judge = NoJudge()
        var reader = MessageReader()
        var (taken, refused): ([String], Int) = ([], 0)
        let text =
            [UInt8](([line("k", "[1,{\"a\":2}]", "A", 1), cover] + others).joined(separator: "\n").utf8) + [0x0a]
        text.lend { text in
            reader.forEachMessage(of: text, by: &judge) { message, line throws(Failure) in
                switch message {
                case .update(let read): #expect(PlainUpdate(read) == update)
                case .cover(let read): #expect(read.claims.count == 1 && read.check.count == 1)
                default: Issue.record("a message that no one has read: \(line.text)")
                }
                taken.append(line.text)
            } refuse: { failure, isRead in
                #expect(failure.code == .unsupported && !isRead)
                refused += 1
                return true
            }
        }
        let asked = judge.asked
        #expect(taken == [line("k", "[1,{\"a\":2}]", "A", 1), cover])
        #expect(asked == others)
        #expect(refused == others.count)
    }

    @Test("A rejection that ends the reading leaves the rest unread")
    func ending() {
        var judge = NoJudge()
        var reader = MessageReader()
        var refused = 0
        [UInt8]("{\n{\n{\n".utf8).lend { text in
            reader.forEachMessage(of: text, by: &judge) { _, _ in
            } refuse: { _, _ in
                refused += 1
                return refused < 2
            }
        }
        #expect(refused == 2)
    }
}
