/// The parts that several messages share.
extension ByteBuffer {
    /// Begins a line with one member.
    mutating func beginJSON(_ name: StaticString) {
        put(#"{"digest":true,""#)
        put(name)
        put(#"":"#)
    }

    /// Writes a line with one member, a number.
    @inline(never)
    mutating func putJSON(_ name: StaticString, _ number: UInt64) {
        beginJSON(name)
        put(number)
        put("}\n")
    }

    mutating func putJSON(_ member: StaticString, _ sum: RetiredSum) {
        put(member)
        put("[")
        put(sum.count)
        put(#",""#)
        putHexadecimal(sum.sum)
        put(#""]"#)
    }

    mutating func putJSONProgress(_ progress: Progress) {
        put(#","got":"#)
        putJSON(progress)
    }

    /// Writes `{"incarnation":7,"mode":"state","epoch":0,"sequence":12}`, and the other members unless they are empty or 0.
    mutating func putJSON(_ progress: Progress) {
        put(#"{"incarnation":"#)
        put(progress.incarnation)
        put(#","mode":"#)
        put("\"")
        put(progress.mode.name)
        put(#"","epoch":"#)
        put(progress.epoch)
        put(#","sequence":"#)
        put(progress.sequence)
        if !progress.ranges.isEmpty {
            put(#","ranges":"#)
            var (end, isFirst) = (progress.sequence, true)
            for range in progress.ranges {
                put(isFirst ? "[" : ",")
                put(range.from &- end)
                put(",")
                put(range.until &- range.from)
                (end, isFirst) = (range.until, false)
            }
            put("]")
        }
        if progress.item > 0 {
            put(#","item":"#)
            put(UInt64(truncatingIfNeeded: progress.item))
        }
        if progress.window > 0 {
            put(#","window":"#)
            put(progress.window)
        }
        put("}")
    }

    mutating func putJSONCheck(_ check: LineCheck) {
        put(#","lines":["#)
        put(check.count)
        put(#",""#)
        var writer = ByteWriter(at: reserve(8))
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            writer.put(ByteWriter.hexadecimal(UInt8(truncatingIfNeeded: check.hash >> shift & 15)))
        }
        advance(8)
        put("\"]")
    }
}
