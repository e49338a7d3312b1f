/// The messages of the extended dialect in canonical form, each a line at the end of a buffer.
extension ByteBuffer {
    mutating func appendHello(_ hello: Hello) {
        begin("hello")
        put(#"{"protocol":["#)
        put(UInt64(hello.protocolVersions.lowerBound))
        put(",")
        put(UInt64(hello.protocolVersions.upperBound))
        put(#"],"id":"#)
        putQuoted(hello.id)
        put(#","life":"#)
        put(hello.life)
        put(#","cluster":"#)
        putQuoted(hello.cluster)
        put(#","lamport":"#)
        put(hello.lamport)
        put(#","epoch":"#)
        put(hello.epoch)
        put(#","revision":"#)
        put(hello.revision)
        put(#","hash":""#)
        putHexadecimal(hello.hash)
        put(hello.isReply ? #"","reply":true}}"# : #"","reply":false}}"#)
        put("\n")
    }

    mutating func appendAsk(_ ask: Ask) {
        begin("ask")
        put(#"{"revision":"#)
        put(ask.revision)
        put(#","from":"#)
        put(UInt64(truncatingIfNeeded: ask.from))
        put("}}\n")
    }

    /// A clock without its claims; `appendClaim` and `appendClaimsEnd` follow.
    mutating func appendClock(_ part: ClockPart) {
        begin("clock")
        put(#"{"life":"#)
        put(part.life)
        put(#","epoch":"#)
        put(part.epoch)
        put(#","lamport":"#)
        put(part.lamport)
        put(#","since":"#)
        put(part.since)
        put(#","until":"#)
        put(part.until)
        if let progress = part.progress {
            put(#","got":["#)
            put(progress.answer)
            put(",")
            put(progress.stamp)
            put(",")
            put(UInt64(truncatingIfNeeded: progress.source))
            put("]")
        }
        put(#","sources":{"#)
    }

    mutating func appendCommit(_ part: CommitPart) {
        begin("commit")
        put(#"{"answer":"#)
        put(part.answer)
        put(#","stamp":"#)
        put(part.stamp)
        put(#","sources":{"#)
    }

    mutating func appendClaim(_ source: Source, _ covered: Version, _ purged: Version, isFirst: Bool) {
        put(isFirst ? "" : ",")
        put(source.quoted)
        put(purged > 0 ? ":[" : ":")
        put(covered)
        guard purged > 0 else { return }
        put(",")
        put(purged)
        put("]")
    }

    mutating func appendCommitClaim(
        _ source: Source, _ since: Version, _ covered: Version, _ purged: Version, isFirst: Bool
    ) {
        put(isFirst ? "" : ",")
        put(source.quoted)
        put(":[")
        put(since)
        put(",")
        put(covered)
        if purged > 0 {
            put(",")
            put(purged)
        }
        put("]")
    }

    mutating func appendClaimsEnd(from: Int, to: Int, isLast: Bool) {
        put(#"},"from":"#)
        put(UInt64(truncatingIfNeeded: from))
        put(#","to":"#)
        put(UInt64(truncatingIfNeeded: to))
        put(isLast ? #","last":true}}"# : #","last":false}}"#)
        put("\n")
    }

    mutating func appendAnswer(_ head: AnswerHead) {
        begin("answer")
        switch head.mode {
        case .log: put(#"{"mode":"log","question":["#)
        case .state: put(#"{"mode":"state","question":["#)
        case .reset: put(#"{"mode":"reset","question":["#)
        }
        put(head.life)
        put(",")
        put(head.epoch)
        put("]")
        if head.mode != .log {
            put(#","answer":"#)
            put(head.answer)
        }
        if let span = head.span {
            put(#","span":["#)
            put(span.start)
            put(",")
            put(span.from)
            put(",")
            put(span.until)
            put(",")
            put(span.count)
            put("]")
        }
        if head.pauses { put(#","pauses":true"#) }
        put("}}\n")
    }

    mutating func appendCoverStart() {
        begin("cover")
        put("{")
    }

    mutating func appendInterval(
        _ source: Source, _ since: Version, _ until: Version, leftOut: Version = 0, isFirst: Bool
    ) {
        put(isFirst ? "" : ",")
        put(source.quoted)
        put(":[")
        put(since)
        put(",")
        put(until)
        if leftOut > 0 {
            put(",")
            put(leftOut)
        }
        put("]")
    }

    mutating func appendCoverEnd() {
        put("}}\n")
    }

    mutating func appendReject(_ reason: RejectReason) {
        begin("reject")
        put(#"{"reason":""#)
        put(reason.name)
        put("\"}}\n")
    }

    // MARK: Lines of an export that no peer sends

    mutating func appendExport(_ head: ExportHead) {
        begin("export")
        put(#"{"id":"#)
        putQuoted(head.id)
        put(#","lamport":"#)
        put(head.lamport)
        put(#","life":"#)
        put(head.life)
        if head.hasMetClassic { put(#","classic":true"#) }
        put("}}\n")
    }

    mutating func appendExpiry(_ version: Version, at time: UInt64) {
        begin("expiry")
        put(#"{"version":"#)
        put(version)
        put(#","at":"#)
        put(time)
        put("}}\n")
    }

    mutating func appendEnd(lines: UInt64) {
        begin("end")
        put(lines)
        put("}\n")
    }

    // MARK: Pieces

    private mutating func begin(_ name: StaticString) {
        put(#"{"digest":true,""#)
        put(name)
        put(#"":"#)
    }

    mutating func put(_ text: StaticString) {
        append(Bytes(text))
    }

    mutating func put(_ bytes: Bytes) {
        append(bytes)
    }

    mutating func put(_ number: UInt64) {
        let digits = LineWriter.digits(of: number)
        var writer = LineWriter(at: reserve(digits))
        writer.put(number, digits: digits)
        advance(digits)
    }

    mutating func putQuoted(_ text: Bytes) {
        let count = LineWriter.escapedCount(of: text)
        var writer = LineWriter(at: reserve(count + 2))
        writer.put(UInt8(ascii: "\""))
        writer.put(text, escapedTo: count)
        writer.put(UInt8(ascii: "\""))
        advance(count + 2)
    }

    private mutating func putHexadecimal(_ number: UInt64) {
        var writer = LineWriter(at: reserve(16))
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            writer.put(LineWriter.hexadecimal(UInt8(truncatingIfNeeded: number >> shift & 15)))
        }
        advance(16)
    }
}
