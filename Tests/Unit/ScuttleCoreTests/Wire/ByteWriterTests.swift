import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("ByteWriter")
struct ByteWriterTests {
    /// Returns the written bytes; a guard byte behind them must survive.
    private func written(_ room: Int, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room + 1, alignment: 1)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xee)
        guard let start = memory.baseAddress else { return [] }
        var writer = ByteWriter(at: start)
        write(&writer)
        #expect(memory[room] == 0xee, "written behind the capacity")
        return [UInt8](memory[..<(writer.end - start)])
    }

    /// RFC 8259, section 7, with the short escapes if there is one.
    private func escaped(_ byte: UInt8) -> String? {
        switch byte {
        case 0x08: #"\b"#
        case 0x09: #"\t"#
        case 0x0a: #"\n"#
        case 0x0c: #"\f"#
        case 0x0d: #"\r"#
        case 0x22: #"\""#
        case 0x5c: #"\\"#
        case 0x00...0x0f: "\\u000" + String(byte, radix: 16)
        case 0x10...0x1f: "\\u00" + String(byte, radix: 16)
        default: nil
        }
    }

    @Test("Each of the 256 bytes, escaped or unchanged, and measured right")
    func allBytes() {
        for byte in UInt8.min...UInt8.max {
            let expected = escaped(byte).map { [UInt8]($0) } ?? [byte]
            let count = [byte].lend { ByteWriter.escapedCount(of: $0) }
            check(count == expected.count, "byte \(byte) measured as \(count)")
            let mine = written(count) { writer in [byte].lend { writer.put($0, escapedTo: count) } }
            check(mine == expected, "byte \(byte) became \(mine)")
        }
    }

    @Test("The measured length of a text is that of its bytes", arguments: 0..<20)
    func texts(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let text = random.bytes(random.below(60), of: Array(0...0x23) + [0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xff])
        let expected = text.flatMap { byte in escaped(byte).map { [UInt8]($0) } ?? [byte] }
        let count = text.lend { ByteWriter.escapedCount(of: $0) }
        #expect(count == expected.count)
        #expect(written(count) { writer in text.lend { writer.put($0, escapedTo: count) } } == expected)
    }

    @Test("Numbers of every length: the least, the greatest and one between")
    func numbers() {
        var numbers: [UInt64] = [0, .max, .max - 1, (1 << 53) - 1, 1 << 53, 1 << 63]
        var power: UInt64 = 1
        for _ in 0..<20 {
            numbers += [power - 1, power, power + 1, power &* 5]
            power &*= 10
        }
        for number in numbers {
            let expected = [UInt8]("\(number)")
            check(ByteWriter.digits(of: number) == expected.count, "digits of \(number)")
            check(written(expected.count) { $0.put(number) } == expected, "\(number)")
        }
    }

    @Test("Hexadecimal digits are in lower case")
    func hexadecimal() {
        #expect((0..<16).map { ByteWriter.hexadecimal($0) } == [UInt8]("0123456789abcdef"))
    }

    @Test("Pieces follow each other")
    func pieces() {
        let line = written(9) { writer in
            writer.put("ab")
            writer.put(UInt8(ascii: "c"))
            writer.put(Bytes(start: nil, count: 0))
            "de".lend { writer.put($0) }
            writer.put(UInt64(7))
            writer.put("")
            writer.put(Version(890))
        }
        #expect(line.text == "abcde7890")
    }
}
