/// The messages of a delta without its updates: head, mark, purged keys, cover; and refusals.
extension ByteBuffer {
    mutating func putJSON(_ head: DeltaHead) {
        beginJSON("delta")
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
                putJSONCheck(check)
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

    mutating func putJSON(_ mark: ProgressMark) {
        beginJSON("mark")
        put(#"{"sequence":"#)
        put(mark.sequence)
        putJSONCheck(mark.check)
        put("}}\n")
    }

    /// Begins a line of purged keys; `putJSONKey` and `putJSONForgottenEnd` follow.
    mutating func putJSONForgottenStart(since: UInt64, epoch: UInt64) {
        beginJSON("forgot")
        put(#"{"since":"#)
        put(since)
        put(#","epoch":"#)
        put(epoch)
        put(#","keys":["#)
    }

    mutating func putJSONKey(_ key: Bytes, isFirst: Bool) {
        if !isFirst { put(",") }
        putJSONString(key)
    }

    mutating func putJSONForgottenEnd(isLast: Bool) {
        put(isLast ? #"],"last":true}}"# : #"],"last":false}}"#)
        put("\n")
    }

    mutating func putJSONCoverStart() {
        beginJSON("cover")
        put("{")
    }

    mutating func putJSONInterval(
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

    mutating func putJSONCoverEnd(_ check: LineCheck) {
        put("}")
        putJSONCheck(check)
        put("}\n")
    }

    /// Begins the updates that the sender has refused: `[["A",7,22],["A",9,0]]`.
    mutating func putJSONRefusedStart() {
        put(#"{"digest":true,"refused":["#)
    }

    mutating func putJSONException(_ quoted: Bytes, _ version: Version, _ reason: UInt8, isFirst: Bool) {
        put(isFirst ? "[" : ",[")
        put(quoted)
        put(",")
        put(version)
        put(",")
        put(UInt64(reason))
        put("]")
    }

    mutating func putJSONRefusedEnd(isAnew: Bool) {
        put(isAnew ? #"],"anew":true}"# : "]}")
        put("\n")
    }
}
