/// An update in memory: its line as it goes to peers, encoded once, with the key and the value as slices of it.
///
///     {"key":"…","value":…,"source_id":"…","version":N}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true,"expired":true}⏎
///
/// The key table, the history and the batches of links refer to one record; what goes to a hundred links is the same
/// bytes. A record is one block of memory with a count of its owners, kept by hand: each owner retains it when it takes it
/// and releases it when it lets go. The replica's lock makes the count safe. Where the key needs escapes in the line, its
/// plain bytes stand behind the line.
struct Record {
    private let memory: UnsafeMutableRawPointer

    private struct Header {
        var owners: UInt32
        let source: SourceID
        let version: Version
        var arrival: Arrivals.Stamp
        let lineCount: UInt32
        let keyOffset: UInt32
        let keyCount: UInt32
        let valueOffset: UInt32
        let valueCount: UInt32
        let kind: Update.Kind
        var isEntry: Bool
    }

    private var header: UnsafeMutablePointer<Header> {
        memory.assumingMemoryBound(to: Header.self)
    }

    private static var lineStart: Int { MemoryLayout<Header>.stride }

    /// What stands between the variable parts of a line.
    private enum Frame {
        static var key: StaticString { #"{"key":""# }
        static var value: StaticString { #"","value":"# }
        static var source: StaticString { #","source_id":"# }
        static var version: StaticString { #","version":"# }
        static var deleted: StaticString { #","deleted":true"# }
        static var expired: StaticString { #","expired":true"# }
        static var end: StaticString { "}\n" }
    }

    /// Encodes an update; the caller owns the record. O(bytes).
    /// - Parameter quotedSource: the source id as a JSON string, quotes included.
    init(key: Bytes, value: Bytes, source: SourceID, quotedSource: Bytes, version: Version, kind: Update.Kind) {
        let escapedCount = LineWriter.escapedCount(of: key)
        let keyStart = Frame.key.utf8CodeUnitCount
        let valueStart = keyStart + escapedCount + Frame.value.utf8CodeUnitCount
        let lineCount =
            valueStart + value.count + Frame.source.utf8CodeUnitCount + quotedSource.count
            + Frame.version.utf8CodeUnitCount + LineWriter.digits(of: version)
            + (kind == .value ? 0 : Frame.deleted.utf8CodeUnitCount)
            + (kind == .expiry ? Frame.expired.utf8CodeUnitCount : 0) + Frame.end.utf8CodeUnitCount
        let isEscaped = escapedCount != key.count
        memory = .allocate(byteCount: Self.lineStart + lineCount + (isEscaped ? key.count : 0), alignment: 8)

        var writer = LineWriter(at: memory + Self.lineStart)
        writer.put(Frame.key)
        if isEscaped { writer.put(escaping: key) } else { writer.put(key) }
        writer.put(Frame.value)
        writer.put(value)
        writer.put(Frame.source)
        writer.put(quotedSource)
        writer.put(Frame.version)
        writer.put(version)
        if kind != .value { writer.put(Frame.deleted) }
        if kind == .expiry { writer.put(Frame.expired) }
        writer.put(Frame.end)
        if isEscaped { writer.put(key) }

        // The limits keep every count far below 2^32.
        header.initialize(
            to: Header(
                owners: 1, source: source, version: version, arrival: 0,
                lineCount: UInt32(truncatingIfNeeded: lineCount),
                keyOffset: UInt32(truncatingIfNeeded: isEscaped ? lineCount : keyStart),
                keyCount: UInt32(truncatingIfNeeded: key.count),
                valueOffset: UInt32(truncatingIfNeeded: valueStart),
                valueCount: UInt32(truncatingIfNeeded: value.count), kind: kind, isEntry: false))
    }

    var source: SourceID { header.pointee.source }
    var version: Version { header.pointee.version }
    var kind: Update.Kind { header.pointee.kind }
    var isDelete: Bool { header.pointee.kind != .value }
    var line: Bytes { slice(0, header.pointee.lineCount) }
    var key: Bytes { slice(header.pointee.keyOffset, header.pointee.keyCount) }
    var value: Bytes { slice(header.pointee.valueOffset, header.pointee.valueCount) }

    /// Where the key table has it: when it became the entry of its key; and whether it still is.
    var arrival: Arrivals.Stamp {
        get { header.pointee.arrival }
        nonmutating set { header.pointee.arrival = newValue }
    }
    var isEntry: Bool {
        get { header.pointee.isEntry }
        nonmutating set { header.pointee.isEntry = newValue }
    }

    private func slice(_ offset: UInt32, _ count: UInt32) -> Bytes {
        Bytes(
            start: memory + (Self.lineStart + Int(truncatingIfNeeded: offset)), count: Int(truncatingIfNeeded: count))
    }

    /// One owner more.
    func retain() {
        header.pointee.owners += 1
    }

    /// One owner less; the last one frees it.
    func release() {
        header.pointee.owners -= 1
        if header.pointee.owners == 0 { memory.deallocate() }
    }
}
