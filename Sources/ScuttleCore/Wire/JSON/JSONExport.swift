/// The lines of an export that no peer sends.
extension ByteBuffer {
    mutating func putJSON(_ head: ExportHead) {
        beginJSON("export")
        put(#"{"source":"#)
        putJSONString(head.source)
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
    mutating func putJSON(_ saved: SavedProgress) {
        put(#"{"digest":true"#)
        putJSONProgress(saved.progress)
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

    mutating func putJSONEnd(lines: UInt64) {
        beginJSON("end")
        put(lines)
        put("}\n")
    }

    /// Says in the line of an update, the last one, at which of the host's times its age was counted.
    mutating func putJSONTime(_ now: UInt64) {
        truncate(to: count - 2)
        put(#","at":"#)
        put(now)
        put("}\n")
    }
}

extension UnsafeRawBufferPointer {
    /// Whether it begins as the first line of an export does.
    var isJSONExportHead: Bool { begins(with: Bytes(#"{"digest":true,"export":"#)) }
}
