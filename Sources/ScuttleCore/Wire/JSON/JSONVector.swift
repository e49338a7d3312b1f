/// Parts of a version vector and of a commit: the version up to which each source is covered.
extension ByteBuffer {
    /// Begins a part of a vector; `putJSONClaim` and `putJSONClaimsEnd` follow.
    mutating func putJSONStart(of part: VectorPart) {
        beginJSON("vector")
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
        if let same = part.sameRetired { putJSON(#","same":"#, same) }
        if let progress = part.progress { putJSONProgress(progress) }
        put(#","sources":{"#)
    }

    mutating func putJSONStart(of part: CommitPart) {
        beginJSON("commit")
        put(#"{"sequence":"#)
        put(part.sequence)
        if let check = part.check { putJSONCheck(check) }
        put(#","sources":{"#)
    }

    mutating func putJSONClaim(_ source: Source, _ covered: Version, _ purged: Version, isFirst: Bool) {
        put(isFirst ? "" : ",")
        put(source.quoted)
        put(purged > 0 ? ":[" : ":")
        put(covered)
        guard purged > 0 else { return }
        put(",")
        put(purged)
        put("]")
    }

    mutating func putJSONCommitClaim(
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

    /// Writes the claim of a name, behind the sources.
    mutating func putJSONName(_ claim: NameClaim, isFirst: Bool) {
        put(isFirst ? #"},"names":{"# : ",")
        putJSONString(claim.name)
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

    mutating func putJSONRetired(_ claim: RetiredClaim, isFirst: Bool) {
        if isFirst { put(#"},"retired":""#) }
        putJSON(claim)
    }

    /// Begins the exceptions of a commit, behind its sources and retired sources.
    mutating func putJSONExceptedStart(hasRetired: Bool) {
        put(hasRetired ? #"","excepted":["# : #"},"excepted":["#)
    }

    /// Ends a part.
    /// - Parameters:
    ///   - hasRetired: whether retired sources precede, whose text ends here.
    ///   - hasExcepted: whether exceptions precede.
    mutating func putJSONClaimsEnd(
        from: Int, to: Int, isLast: Bool, hasRetired: Bool = false, hasExcepted: Bool = false
    ) {
        put(hasExcepted ? #"],"from":"# : hasRetired ? #"","from":"# : #"},"from":"#)
        put(UInt64(truncatingIfNeeded: from))
        put(#","to":"#)
        put(UInt64(truncatingIfNeeded: to))
        put(isLast ? #","last":true}}"# : #","last":false}}"#)
        put("\n")
    }
}
