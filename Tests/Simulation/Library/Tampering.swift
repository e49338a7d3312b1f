/// Alterations of a line, most of which leave it readable.
enum Tampering {
    static func alter(_ line: [UInt8], _ random: inout Random) -> [UInt8] {
        switch random.below(10) {
        case 0, 1: alterNumber(behind: "\"version\":", in: line, &random)
        case 2, 3: alterNumber(behind: "\"value\":", in: line, &random)
        case 4, 5, 6: alterNumber(behind: "", in: line, &random)
        case 7: flip(line, &random)
        case 8: alterByte(line, &random)
        default: leaveHole(line, &random)
        }
    }

    /// Replaces one of the numbers behind a mark, or the digits of a hash.
    private static func alterNumber(behind mark: String, in line: [UInt8], _ random: inout Random) -> [UInt8] {
        let start = index(of: [UInt8](mark.utf8), in: line) ?? 0
        var runs: [Range<Int>] = []
        var begin: Int?
        for index in start..<line.count {
            let isDigit = (0x30...0x39).contains(line[index])
            if isDigit, begin == nil { begin = index }
            if !isDigit, let from = begin {
                runs.append(from..<index)
                begin = nil
            }
        }
        guard !runs.isEmpty else { return alterByte(line, &random) }
        let run = mark.isEmpty ? random.pick(runs) : runs[random.below(min(2, runs.count))]
        let number = UInt64(line[run].text) ?? 0
        return line[..<run.lowerBound] + [UInt8](String(another(number, &random)).utf8) + line[run.upperBound...]
    }

    private static func another(_ number: UInt64, _ random: inout Random) -> UInt64 {
        switch random.below(12) {
        case 0, 1: number &+ 1
        case 2, 3: number > 0 ? number - 1 : 1
        case 4: 0
        case 5, 6: UInt64(random.below(10))
        case 7, 8: number &+ UInt64(random.within(2...200))
        case 9: number / 2
        case 10: number &* 10
        default: random.oneIn(10) ? 1 << 53 - 1 : 1 << UInt64(random.within(10...40))
        }
    }

    private static func flip(_ line: [UInt8], _ random: inout Random) -> [UInt8] {
        let (yes, no) = ([UInt8]("true".utf8), [UInt8]("false".utf8))
        // Each line but an update begins with `{"digest":true`.
        let start = min(15, line.count)
        for (old, new, start) in [(no, yes, 0), (yes, no, start)] {
            guard let index = index(of: old, in: line, from: start) else { continue }
            return line[..<index] + new + line[(index + old.count)...]
        }
        return alterByte(line, &random)
    }

    private static func alterByte(_ line: [UInt8], _ random: inout Random) -> [UInt8] {
        var line = line
        let index = random.below(line.count)
        line[index] = random.oneIn(4) ? UInt8(random.below(256)) : line[random.below(line.count)]
        return line
    }

    /// Makes a short write inside of the line. If the newline goes too, the next line continues it.
    private static func leaveHole(_ line: [UInt8], _ random: inout Random) -> [UInt8] {
        let from = random.below(line.count)
        let until = random.within(from + 1...line.count)
        return Array(line[..<from] + line[until...])
    }

    private static func index(of part: [UInt8], in line: [UInt8], from start: Int = 0) -> Int? {
        guard part.count + start <= line.count else { return nil }
        return (start...line.count - part.count).first { line[$0..<$0 + part.count].elementsEqual(part) }
    }
}
