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
        if let progress = hello.progress { putProgress(progress) }
        if hello.token > 0 {
            put(#","token":"#)
            put(hello.token)
        }
        put(hello.isReply ? #","reply":true}}"# : #","reply":false}}"#)
        put("\n")
    }

    mutating func appendRequest(_ request: VectorRequest) {
        begin("request")
        put(#"{"revision":"#)
        put(request.revision)
        put(#","from":"#)
        put(UInt64(truncatingIfNeeded: request.from))
        if request.retired.count > 0 { put(#","retired":"#, request.retired) }
        put("}}\n")
    }

    private mutating func put(_ member: StaticString, _ sum: RetiredSum) {
        put(member)
        put("[")
        put(sum.count)
        put(#",""#)
        putHexadecimal(sum.sum)
        put(#""]"#)
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
        if let same = part.sameRetired { put(#","same":"#, same) }
        if let progress = part.progress { putProgress(progress) }
        put(#","sources":{"#)
    }

    mutating func appendCommit(_ part: CommitPart) {
        begin("commit")
        put(#"{"sequence":"#)
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

    /// - Parameters:
    ///   - hasRetired: retired sources stand in front, whose text ends here.
    ///   - hasExcepted: exceptions stand in front.
    mutating func appendClaimsEnd(
        from: Int, to: Int, isLast: Bool, hasRetired: Bool = false, hasExcepted: Bool = false
    ) {
        put(hasExcepted ? #"],"from":"# : hasRetired ? #"","from":"# : #"},"from":"#)
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
        if let span = head.span {
            put(#","epoch":"#)
            put(head.kind)
            put(#","span":["#)
            put(span.start)
            put(",")
            put(span.from)
            if let check = head.check {
                put(",")
                put(span.until)
                if head.withheld > 0 {
                    put(",")
                    put(head.withheld)
                }
                put("]")
                putCheck(check)
            } else {
                put("]")
            }
        }
        if head.window > 0 {
            put(#","window":"#)
            put(head.window)
        }
        put("}}\n")
    }

    mutating func appendMark(_ mark: ProgressMark) {
        begin("mark")
        put(#"{"sequence":"#)
        put(mark.sequence)
        putCheck(mark.check)
        put("}}\n")
    }

    /// The beginning of a line with keys; `appendKey` and `appendForgottenEnd` follow.
    mutating func appendForgottenStart(since: UInt64, epoch: UInt64) {
        begin("forgot")
        put(#"{"since":"#)
        put(since)
        put(#","epoch":"#)
        put(epoch)
        put(#","keys":["#)
    }

    mutating func appendKey(_ key: Bytes, isFirst: Bool) {
        if !isFirst { put(",") }
        putQuoted(key)
    }

    mutating func appendForgottenEnd(isLast: Bool) {
        put(isLast ? #"],"last":true}}"# : #"],"last":false}}"#)
        put("\n")
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

    /// Updates that the sender has not taken: `[["A",7,22],["A",9,0]]`.
    mutating func beginRefused() {
        put(#"{"digest":true,"refused":["#)
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

    /// Of a commit, behind its sources and retired sources: exceptions follow.
    mutating func beginExcepted(hasRetired: Bool) {
        put(hasRetired ? #"","excepted":["# : #"},"excepted":["#)
    }

    /// Another live incarnation of the peer's name is known here.
    mutating func appendTwin() {
        begin("twin")
        put("true}\n")
    }

    /// The token of the receiver's: this datagram comes from where that was sent.
    mutating func appendEcho(_ token: UInt64) {
        begin("echo", token)
    }

    /// What the receiver has to echo.
    mutating func appendChallenge(_ token: UInt64) {
        begin("challenge", token)
    }

    @inline(never)
    private mutating func begin(_ name: StaticString, _ number: UInt64) {
        begin(name)
        put(number)
        put("}\n")
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
        if let now = head.now, now <= UInt64(Int64.max) {
            put(#","now":"#)
            put(now)
        }
        put("}}\n")
    }

    /// `{"digest":true,"got":{…},"named":[0,12]}`; `named` is left out if it is empty.
    mutating func appendSaved(_ saved: SavedProgress) {
        put(#"{"digest":true"#)
        putProgress(saved.progress)
        if !saved.named.isEmpty {
            put(#","named":["#)
            for (index, count) in saved.named.enumerated() {
                if index > 0 { put(",") }
                put(count)
            }
            put("]")
        }
        put("}\n")
    }

    package mutating func appendEnd(lines: UInt64) {
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

    package mutating func put(_ number: UInt64) {
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

    private mutating func putProgress(_ progress: Progress) {
        put(#","got":"#)
        append(progress)
    }

    /// `{"incarnation":7,"mode":"state","epoch":0,"sequence":12}`; what is empty or 0 of the rest is left out.
    mutating func append(_ progress: Progress) {
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
