@testable import ScuttleCore

/// Writers of lines that the core writes in pieces, for made-up sources and any update.
extension MessageBuffer {
    /// Returns a line on its own, from this position on.
    static func bytes(_ write: (inout MessageBuffer) -> Void) -> [UInt8] {
        var buffer = MessageBuffer()
        write(&buffer)
        return [UInt8](buffer.bytes)
    }

    mutating func put(_ text: StaticString) { append(Bytes(text)) }
    mutating func put(_ number: UInt64) { self.text.put(number) }

    mutating func putQuoted(_ text: [UInt8]) {
        text.withUnsafeBytes { self.text.putJSONString($0) }
    }

    /// Writes `"A":9`, `"A":[9,4]` or `"A":[2,9,4]`: a claim of a vector, an interval of a cover or a claim of a commit.
    mutating func putClaim(_ source: [UInt8], _ numbers: [Version], isFirst: Bool) {
        if !isFirst { put(",") }
        putQuoted(source)
        put(numbers.count == 1 ? ":" : ":[")
        for (index, number) in numbers.enumerated() {
            if index > 0 { put(",") }
            put(number)
        }
        if numbers.count > 1 { put("]") }
    }

    mutating func putDot(_ dot: (source: [UInt8], version: Version)) {
        put("[")
        putQuoted(dot.source)
        put(",")
        put(dot.version)
        put("]")
    }
}

/// An update as a peer writes it.
struct SpokenUpdate {
    var key: [UInt8]
    var value: [UInt8]
    var dot: (source: [UInt8], version: Version)
    var written: (source: [UInt8], version: Version)?
    /// Whether the timestamp is in `dot`, as on a classic link, instead of `written`.
    var isRestated = false
    var lease: (timeToLive: UInt64, age: UInt64)?
    var kind = Update.Kind.value

    /// The line without its newline.
    var line: [UInt8] {
        MessageBuffer.bytes { line in
            line.put(#"{"key":"#)
            line.putQuoted(key)
            line.put(#","value":"#)
            value.withUnsafeBytes { line.append($0) }
            line.put(#","source_id":"#)
            line.putQuoted(dot.source)
            line.put(#","version":"#)
            line.put(dot.version)
            if let written {
                line.put(isRestated ? #","dot":"# : #","written":"#)
                line.putDot(written)
            }
            if let lease {
                line.put(#","ttl":"#)
                line.put(lease.timeToLive)
                if lease.age > 0 {
                    line.put(#","age":"#)
                    line.put(lease.age)
                }
            }
            if kind != .value { line.put(#","deleted":true"#) }
            if kind == .expiry { line.put(#","expired":true"#) }
            line.put("}")
        }
    }
}
