import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Runs the vectors of Tests/Conformance/Vectors/messages as its README describes.
@Suite("Vectors")
struct VectorTests {
    /// The outcome of writing a vector's input in pieces.
    private struct Outcome: Equatable {
        let code: String
        let entries: [String]
        let output: [UInt8]
        let isAsBefore: Bool
        let takesMore: Bool
    }

    private func run(_ pieces: [[UInt8]]) throws -> Outcome {
        let end = try LinkEnd(Replica.make())
        let before = Snapshot(end.replica)
        var first: Failure.Code?
        for piece in pieces {
            let code = end.write(piece)
            first = first ?? code
        }
        let code = first.map { codeNames[$0] ?? "?" } ?? (end.link.isFull ? "SCUTTLE_FULL" : "SCUTTLE_OK")
        var entries: [String] = []
        end.replica.visitEntries(prefix: Bytes("")) { entry in
            let words = [[UInt8](entry.key), [UInt8](entry.source)].map { quote($0).dropFirst().dropLast() }
            entries.append("\(words[0])\t\([UInt8](entry.value).text)\t\(words[1])\t\(entry.version)")
            return true
        }
        let isAsBefore = Snapshot(end.replica) == before
        let output = end.readAll()
        check(end.replica.broken == nil, "\(String(describing: end.replica.broken))")
        let more = PlainUpdate("one more", "1", "one more", end.replica.version + 1)
        _ = end.write(more.line + "\n")
        return Outcome(
            code: code, entries: entries, output: output, isAsBefore: isAsBefore,
            takesMore: end.replica.entry("one more") == more)
    }

    @Test("In one write", arguments: Vector.all)
    func whole(vector: Vector) throws {
        let outcome = try run([vector.input])
        #expect(outcome.code == vector.code)
        #expect(outcome.entries == vector.entries)
        if let output = vector.output { #expect(outcome.output.text == output.text) }
        let lines = vector.input.count { $0 == 0x0a }
        if !vector.isValid, lines <= 1 { #expect(outcome.isAsBefore) }
        #expect(vector.code.hasPrefix("SCUTTLE_E_") == !vector.isValid)
        if vector.input.last == 0x0a { #expect(outcome.takesMore) }
    }

    @Test("Byte by byte, and cut at random places, with the same outcome", arguments: Vector.all)
    func cut(vector: Vector) throws {
        let whole = try run([vector.input])
        var cuts = [vector.input.map { [$0] }]
        var random = TestRandom(seed: UInt64(vector.input.count))
        for _ in 0..<3 {
            let place = random.below(vector.input.count + 1)
            cuts.append([Array(vector.input[..<place]), Array(vector.input[place...])])
        }
        for pieces in cuts {
            let outcome = try run(pieces)
            check(outcome == whole, "cut after \(pieces.first?.count ?? 0) bytes: \(outcome), not \(whole)")
        }
    }

    @Test("The vectors exist")
    func present() {
        #expect(Vector.all.count > 200)
        #expect(Vector.all.contains { $0.output != nil })
    }
}
