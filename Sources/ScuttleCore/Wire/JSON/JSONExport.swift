/// The lines that only an export has.
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
        if let piece = head.piece {
            putJSONCursor("piece", piece.cursor)
            if let follows = piece.follows { putJSONCursor("follows", follows) }
            if piece.hasExceptions { put(#","exceptions":true"#) }
        }
        put("}}\n")
    }

    private mutating func putJSONCursor(_ name: StaticString, _ cursor: Cursor) {
        put(",\"")
        put(name)
        put("\":[")
        put(cursor.incarnation)
        put(",")
        put(cursor.position)
        put("]")
    }

    mutating func putJSONRemoved(_ key: Bytes) {
        beginJSON("removed")
        putJSONString(key)
        put("}\n")
    }

    /// Writes `{"digest":true,"got":{…},"named":[0,12]}`, without an empty `named`.
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

    /// Adds to the last line, an update, the host's time at which its age was counted.
    mutating func putJSONTime(_ now: UInt64) {
        truncate(to: count - 2)
        put(#","at":"#)
        put(now)
        put("}\n")
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes begin as the first line of an export does.
    var isJSONExportHead: Bool { begins(with: Bytes(#"{"digest":true,"export":"#)) }
}
