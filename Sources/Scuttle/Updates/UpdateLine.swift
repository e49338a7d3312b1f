/// The line of an update, as it goes to peers.
///
///     {"key":"…","value":…,"source_id":"…","version":N}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true,"expired":true}⏎
///
/// It has a front, up to the value, and a back behind it, so that a long value can be sent from where it is.
enum UpdateLine {
    private enum Frame {
        static var key: StaticString { #"{"key":""# }
        static var value: StaticString { #"","value":"# }
        static var deleted: StaticString { #","deleted":true"# }
        static var expired: StaticString { #","expired":true"# }
        static var end: StaticString { "}\n" }
    }

    /// What a line takes. O(length of key).
    static func count(of record: Record, from source: Source) -> Int {
        frontCount(of: record) + record.value.count + backCount(of: record, from: source)
    }

    private static func frontCount(of record: Record) -> Int {
        Frame.key.utf8CodeUnitCount + LineWriter.escapedCount(of: record.key) + Frame.value.utf8CodeUnitCount
    }

    private static func backCount(of record: Record, from source: Source) -> Int {
        source.versionFrame.count + LineWriter.digits(of: record.version)
            + (record.isDelete ? Frame.deleted.utf8CodeUnitCount : 0)
            + (record.kind == .expiry ? Frame.expired.utf8CodeUnitCount : 0) + Frame.end.utf8CodeUnitCount
    }

    fileprivate static func writeFront(of record: Record, _ writer: inout LineWriter) {
        writer.put(Frame.key)
        writer.put(escaping: record.key)
        writer.put(Frame.value)
    }

    fileprivate static func writeBack(of record: Record, from source: Source, _ writer: inout LineWriter) {
        writer.put(source.versionFrame)
        writer.put(record.version)
        if record.isDelete { writer.put(Frame.deleted) }
        if record.kind == .expiry { writer.put(Frame.expired) }
        writer.put(Frame.end)
    }
}

extension ByteBuffer {
    /// Appends an update's line. O(its bytes).
    mutating func appendLine(of record: Record, from source: Source) {
        let count = UpdateLine.count(of: record, from: source)
        var writer = LineWriter(at: reserve(count))
        UpdateLine.writeFront(of: record, &writer)
        writer.put(record.value)
        UpdateLine.writeBack(of: record, from: source, &writer)
        advance(count)
    }

    /// The same without the value; returns how much of it stands in front of that.
    mutating func appendLineAroundValue(of record: Record, from source: Source) -> Int {
        let count = UpdateLine.count(of: record, from: source) - record.value.count
        let start = reserve(count)
        var writer = LineWriter(at: start)
        UpdateLine.writeFront(of: record, &writer)
        let front = writer.end - start
        UpdateLine.writeBack(of: record, from: source, &writer)
        advance(count)
        return front
    }
}
