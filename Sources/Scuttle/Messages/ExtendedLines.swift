/// The messages of the extended dialect in canonical form, each a line at the end of a buffer.
extension ByteBuffer {
    mutating func appendHello(_ hello: Hello) {
        begin("hello")
        put(#"{"protocol":["#)
        put(UInt64(hello.protocolVersions.lowerBound))
        put(",")
        put(UInt64(hello.protocolVersions.upperBound))
        put(#"],"source":"#)
        putQuoted(hello.source)
        put(#","incarnation":"#)
        put(hello.incarnation)
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
        put("\"")
        if let contents = hello.contents {
            put(#","contents":""#)
            putHexadecimal(contents.high)
            putHexadecimal(contents.low)
            put("\"")
        }
        put(#","nonce":"#)
        put(hello.nonce)
        put(hello.isReply ? #","reply":true}}"# : #","reply":false}}"#)
        put("\n")
    }

    mutating func appendRequest(_ request: VectorRequest) {
        begin("request")
        put(#"{"revision":"#)
        put(request.revision)
        put(#","from":"#)
        put(UInt64(truncatingIfNeeded: request.from))
        if request.retired.count > 0 {
            put(#","retired":["#)
            put(request.retired.count)
            put(#",""#)
            putHexadecimal(request.retired.sum)
            put(#""]"#)
        }
        put("}}\n")
    }

    /// A part of a vector without its claims; `appendClaim` and `appendClaimsEnd` follow.
    mutating func appendVector(_ part: VectorPart) {
        begin("vector")
        put(#"{"incarnation":"#)
        put(part.incarnation)
        put(#","epoch":"#)
        put(part.epoch)
        put(#","nonce":"#)
        put(part.nonce)
        put(#","lamport":"#)
        put(part.lamport)
        put(#","since":"#)
        put(part.since)
        put(#","until":"#)
        put(part.until)
        if part.wantsContents { put(#","contents":true"#) }
        if part.retiredFloor > 0 {
            put(#","dropped":"#)
            put(part.retiredFloor)
        }
        if part.took > 0 {
            put(#","took":"#)
            put(part.took)
        }
        if part.knowsSameRetired { put(#","same":true"#) }
        if let progress = part.progress {
            put(#","got":["#)
            put(progress.delta)
            put(",")
            put(progress.sequence)
            put(",")
            put(UInt64(truncatingIfNeeded: progress.source))
            put("]")
        }
        put(#","sources":{"#)
    }

    mutating func appendCommit(_ part: CommitPart) {
        begin("commit")
        put(#"{"delta":"#)
        put(part.delta)
        put(#","sequence":"#)
        put(part.sequence)
        if let check = part.check { putCheck(check) }
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

    /// What is said of a name, behind the sources.
    mutating func appendName(_ claim: NameClaim, isFirst: Bool) {
        put(isFirst ? #"},"names":{"# : ",")
        putQuoted(claim.name)
        put(":[")
        put(claim.number)
        put(",")
        put(UInt64(claim.state.rawValue))
        put(",")
        put(claim.sequence)
        put(#",""#)
        putHexadecimal(claim.hash)
        put(#""]"#)
    }

    mutating func appendRetired(_ claim: RetiredClaim, isFirst: Bool) {
        if isFirst { put(#"},"retired":""#) }
        append(claim)
    }

    /// - Parameter hasRetired: retired sources stand in front, whose text ends here.
    mutating func appendClaimsEnd(
        from: Int, to: Int, isLast: Bool, hasRetired: Bool = false, hasExcepted: Bool = false
    ) {
        put(hasRetired ? #"","from":"# : hasExcepted ? #"],"from":"# : #"},"from":"#)
        put(UInt64(truncatingIfNeeded: from))
        put(#","to":"#)
        put(UInt64(truncatingIfNeeded: to))
        put(isLast ? #","last":true}}"# : #","last":false}}"#)
        put("\n")
    }

    mutating func appendDelta(_ head: DeltaHead) {
        begin("delta")
        put(#"{"mode":""#)
        put(head.mode.name)
        put(#"","request":["#)
        put(head.incarnation)
        put(",")
        put(head.epoch)
        put(",")
        put(head.nonce)
        put("]")
        if head.mode.endsWithCommit {
            put(#","delta":"#)
            put(head.delta)
        }
        if let span = head.span {
            put(#","span":["#)
            put(span.start)
            put(",")
            put(span.from)
            put(",")
            put(span.until)
            put("]")
        }
        if let check = head.check { putCheck(check) }
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

    mutating func appendCoverEnd(_ check: LineCheck) {
        put("}")
        putCheck(check)
        put("}\n")
    }

    /// `refused`, updates that the sender has not taken, or `accounted`, those of the receiver's that it accounts for:
    /// `[["A",7,22],["A",9,0]]`.
    mutating func beginExceptions(_ name: StaticString) {
        put(#"{"digest":true,""#)
        put(name)
        put(#"":["#)
    }

    mutating func appendException(_ quoted: Bytes, _ version: Version, _ reason: UInt8, isFirst: Bool) {
        put(isFirst ? "[" : ",[")
        put(quoted)
        put(",")
        put(version)
        put(",")
        put(UInt64(reason))
        put("]")
    }

    /// Of a commit, behind its sources: what the sender has not taken of one of them.
    mutating func appendExcepted(_ source: Source, _ versions: [Version]) {
        for (index, version) in versions.enumerated() {
            if index == 0 { put(#"},"excepted":["#) }
            appendException(source.quoted, version, 0, isFirst: index == 0)
        }
    }

    /// Another live incarnation of the peer's name is known here.
    mutating func appendTwin() {
        begin("twin")
        put("true}\n")
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
        put(#"{"source":"#)
        putQuoted(head.source)
        put(#","lamport":"#)
        put(head.lamport)
        put(#","incarnation":"#)
        put(head.incarnation)
        if head.hasMetClassic { put(#","classic":true"#) }
        put("}}\n")
    }

    mutating func appendExpiry(_ lease: Lease) {
        begin("expiry")
        put(#"{"source":"#)
        putQuoted(lease.source)
        put(#","version":"#)
        put(lease.version)
        put(#","at":"#)
        put(lease.time)
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

    private mutating func putCheck(_ check: LineCheck) {
        put(#","lines":["#)
        put(check.count)
        put(#",""#)
        var writer = LineWriter(at: reserve(8))
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            writer.put(LineWriter.hexadecimal(UInt8(truncatingIfNeeded: check.hash >> shift & 15)))
        }
        advance(8)
        put("\"]")
    }

    private mutating func putHexadecimal(_ number: UInt64) {
        var writer = LineWriter(at: reserve(16))
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            writer.put(LineWriter.hexadecimal(UInt8(truncatingIfNeeded: number >> shift & 15)))
        }
        advance(16)
    }
}
