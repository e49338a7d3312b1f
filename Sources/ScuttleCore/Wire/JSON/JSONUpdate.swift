/// An update as a line of JSON.
///
///     {"key":"…","value":…,"source_id":"…","version":N}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true}⏎
///     {"key":"…","value":…,"source_id":"…","version":N,"ttl":N,"age":N}⏎
///     {"key":"…","value":…,"source_id":"…","version":N,"written":["…",N]}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"written":["…",N],"deleted":true,"expired":true}⏎
///     {"key":"…","value":…,"source_id":"…","version":N,"dot":["…",N]}⏎
///
/// `written` is the timestamp, if `source_id` and `version` are a dot that differs from it: of a republished update, and of an
/// expiry, whose timestamp is that of the write that it ends. `dot` is the dot, if `source_id` and `version` are the timestamp:
/// on classic links, on which a relay drops it. `age` is the part of the time to live that has passed here; 0 is left out.
private enum Frame {
    static var key: StaticString { #"{"key":""# }
    static var value: StaticString { #"","value":"# }
    static var written: StaticString { #","written":["# }
    static var dot: StaticString { #","dot":["# }
    static var timeToLive: StaticString { #","ttl":"# }
    static var age: StaticString { #","age":"# }
    static var deleted: StaticString { #","deleted":true"# }
    static var expired: StaticString { #","expired":true"# }
    static var end: StaticString { "}\n" }
}

extension UpdateSize {
    /// Measures an update without its tail. O(length of key).
    @inline(__always)
    init(ofJSON record: Record, _ source: Source, _ version: Version) {
        keyCount = ByteWriter.escapedCount(of: record.key)
        digits = ByteWriter.digits(of: version)
        let frames = Frame.key.utf8CodeUnitCount + Frame.value.utf8CodeUnitCount + Frame.end.utf8CodeUnitCount
        count = frames + keyCount + record.value.count + source.versionFrame.count + digits
    }
}

extension UpdateLine {
    /// The length of the tail.
    var jsonTailCount: Int {
        var count = 0
        if record.isDelete { count += Frame.deleted.utf8CodeUnitCount }
        if record.kind == .expiry { count += Frame.expired.utf8CodeUnitCount }
        if let other {
            let frame = isRestated ? Frame.dot : Frame.written
            count += frame.utf8CodeUnitCount + other.source.quoted.count + 2 + ByteWriter.digits(of: other.version)
        }
        guard let lease = record.lease else { return count }
        count += Frame.timeToLive.utf8CodeUnitCount + ByteWriter.digits(of: lease.timeToLive)
        if age > 0 { count += Frame.age.utf8CodeUnitCount + ByteWriter.digits(of: age) }
        return count
    }
}

extension ByteWriter {
    mutating func putJSONFront(_ line: UpdateLine) {
        put(Frame.key)
        put(line.record.key, escapedTo: line.size.keyCount)
        put(Frame.value)
    }

    mutating func putJSONBack(_ line: UpdateLine) {
        put(line.source.versionFrame)
        put(line.version, digits: line.size.digits)
        if !line.record.isPlain { putJSONTail(line) }
        put(Frame.end)
    }

    @inline(never)
    private mutating func putJSONTail(_ line: UpdateLine) {
        if let other = line.other {
            put(line.isRestated ? Frame.dot : Frame.written)
            put(other.source.quoted)
            put(UInt8(ascii: ","))
            put(other.version)
            put(UInt8(ascii: "]"))
        }
        if let lease = line.record.lease {
            put(Frame.timeToLive)
            put(lease.timeToLive)
            if line.age > 0 {
                put(Frame.age)
                put(line.age)
            }
        }
        if line.record.isDelete { put(Frame.deleted) }
        if line.record.kind == .expiry { put(Frame.expired) }
    }
}
