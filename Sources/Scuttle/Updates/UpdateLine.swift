/// The line of an update, as it goes to peers: measured once, then written.
///
///     {"key":"…","value":…,"source_id":"…","version":N}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true,"expired":true}⏎
///
/// It has a front, up to the value, and a back behind it, so that a long value can be sent from where it is. Borrows the
/// record.
struct UpdateLine {
    private enum Frame {
        static var key: StaticString { #"{"key":""# }
        static var value: StaticString { #"","value":"# }
        static var deleted: StaticString { #","deleted":true"# }
        static var expired: StaticString { #","expired":true"# }
        static var end: StaticString { "}\n" }
    }

    let record: Record
    private let source: Source
    /// What the key takes with its escapes, the version, and all of it.
    private let keyCount: Int
    private let digits: Int
    let count: Int

    /// O(length of key).
    init(of record: Record, from source: Source) {
        self.record = record
        self.source = source
        keyCount = LineWriter.escapedCount(of: record.key)
        digits = LineWriter.digits(of: record.version)
        var frames = Frame.key.utf8CodeUnitCount + Frame.value.utf8CodeUnitCount + Frame.end.utf8CodeUnitCount
        if record.isDelete { frames += Frame.deleted.utf8CodeUnitCount }
        if record.kind == .expiry { frames += Frame.expired.utf8CodeUnitCount }
        count = frames + keyCount + record.value.count + source.versionFrame.count + digits
    }

    fileprivate func writeFront(_ writer: inout LineWriter) {
        writer.put(Frame.key)
        writer.put(record.key, escapedTo: keyCount)
        writer.put(Frame.value)
    }

    fileprivate func writeBack(_ writer: inout LineWriter) {
        writer.put(source.versionFrame)
        writer.put(record.version, digits: digits)
        if record.isDelete { writer.put(Frame.deleted) }
        if record.kind == .expiry { writer.put(Frame.expired) }
        writer.put(Frame.end)
    }
}

extension ByteBuffer {
    /// Appends an update's line. O(its bytes).
    mutating func append(_ line: UpdateLine) {
        let start = reserve(line.count)
        var writer = LineWriter(at: start)
        line.writeFront(&writer)
        writer.put(line.record.value)
        line.writeBack(&writer)
        advance(writer.end - start)
    }

    /// The same without the value; returns how much of it stands in front of that.
    mutating func appendAroundValue(_ line: UpdateLine) -> Int {
        let start = reserve(line.count - line.record.value.count)
        var writer = LineWriter(at: start)
        line.writeFront(&writer)
        let front = writer.end - start
        line.writeBack(&writer)
        advance(writer.end - start)
        return front
    }
}
