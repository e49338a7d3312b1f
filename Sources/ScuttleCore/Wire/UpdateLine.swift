/// The line of an update, as it goes to peers: measured once, then written.
///
///     {"key":"…","value":…,"source_id":"…","version":N}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"deleted":true}⏎
///     {"key":"…","value":…,"source_id":"…","version":N,"ttl":N,"age":N}⏎
///     {"key":"…","value":…,"source_id":"…","version":N,"written":["…",N]}⏎
///     {"key":"…","value":null,"source_id":"…","version":N,"written":["…",N],"deleted":true,"expired":true}⏎
///     {"key":"…","value":…,"source_id":"…","version":N,"dot":["…",N]}⏎
///
/// `written` is the timestamp, if `source_id` and `version` are another dot: of a republished update, and of an expiry, which
/// has the timestamp of the write that it ends. `dot` is the dot, if they are the timestamp: on classic links, where a relay drops it. `age` is how much of the time to live is over here; 0 is left out.
/// It has a front, up to the value, and a back behind it, so that a long value can be sent from where it is. Borrows the
/// record.
struct UpdateLine {
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

    let record: Record
    private let source: Source
    private let version: Version
    /// What the key takes with its escapes, the version, and all of it.
    private let keyCount: Int
    private let digits: Int
    /// If the timestamp is not the dot: the one of them that does not stand as `source_id` and `version`.
    private var other: (source: Source, version: Version)?
    private let isRestated: Bool
    /// How much of its time to live is over.
    private var age: UInt64
    private(set) var count: Int

    /// O(length of key).
    @_optimize(speed)
    init(of record: Record, in replica: Replica) {
        self.init(of: record, in: replica.sources, at: replica.leases.time)
    }

    /// - Parameter time: that of the `LeaseClock`.
    @_optimize(speed)
    init(of record: Record, in sources: borrowing SourceTable, at time: UInt64) {
        self.init(record, sources[record.source], record.version, isRestated: false)
        if !record.isPlain { measureTail(in: sources, at: time) }
    }

    /// A republished update under its timestamp, with the dot behind it.
    @inline(never)
    init(restating record: Record, in replica: Replica) {
        let timestamp = record.timestamp
        self.init(record, replica.sources[timestamp.source], timestamp.version, isRestated: true)
        measureTail(in: replica.sources, at: replica.leases.time)
    }

    /// - Parameter source: with `version`, what stands in `source_id` and `version`.
    @inline(__always)
    private init(_ record: Record, _ source: Source, _ version: Version, isRestated: Bool) {
        (self.record, self.source, self.version, self.isRestated) = (record, source, version, isRestated)
        keyCount = LineWriter.escapedCount(of: record.key)
        digits = LineWriter.digits(of: version)
        let frames = Frame.key.utf8CodeUnitCount + Frame.value.utf8CodeUnitCount + Frame.end.utf8CodeUnitCount
        count = frames + keyCount + record.value.count + source.versionFrame.count + digits
        (other, age) = (nil, 0)
    }

    @inline(never)
    private mutating func measureTail(in sources: borrowing SourceTable, at time: UInt64) {
        if record.isDelete { count += Frame.deleted.utf8CodeUnitCount }
        if record.kind == .expiry { count += Frame.expired.utf8CodeUnitCount }
        if record.isRepublished {
            let timestamp = isRestated ? Timestamp(of: record.dot) : record.timestamp
            let source = sources[timestamp.source]
            other = (source, timestamp.version)
            let frame = isRestated ? Frame.dot : Frame.written
            count += frame.utf8CodeUnitCount + source.quoted.count + 2 + LineWriter.digits(of: timestamp.version)
        }
        guard let lease = record.lease else { return }
        age = lease.age(at: time)
        count += Frame.timeToLive.utf8CodeUnitCount + LineWriter.digits(of: lease.timeToLive)
        if age > 0 { count += Frame.age.utf8CodeUnitCount + LineWriter.digits(of: age) }
    }

    fileprivate func writeFront(_ writer: inout LineWriter) {
        writer.put(Frame.key)
        writer.put(record.key, escapedTo: keyCount)
        writer.put(Frame.value)
    }

    fileprivate func writeBack(_ writer: inout LineWriter) {
        writer.put(source.versionFrame)
        writer.put(version, digits: digits)
        if !record.isPlain { writeTail(&writer) }
        writer.put(Frame.end)
    }

    @inline(never)
    private func writeTail(_ writer: inout LineWriter) {
        if let other {
            writer.put(isRestated ? Frame.dot : Frame.written)
            writer.put(other.source.quoted)
            writer.put(UInt8(ascii: ","))
            writer.put(other.version)
            writer.put(UInt8(ascii: "]"))
        }
        if let lease = record.lease {
            writer.put(Frame.timeToLive)
            writer.put(lease.timeToLive)
            if age > 0 {
                writer.put(Frame.age)
                writer.put(age)
            }
        }
        if record.isDelete { writer.put(Frame.deleted) }
        if record.kind == .expiry { writer.put(Frame.expired) }
    }
}

extension ByteBuffer {
    /// Appends an update's line. O(its bytes).
    @_optimize(speed)
    mutating func append(_ line: UpdateLine) {
        let start = reserve(line.count)
        var writer = LineWriter(at: start)
        line.writeFront(&writer)
        writer.put(line.record.value)
        line.writeBack(&writer)
        advance(writer.end - start)
    }

    /// The same; returns the hash of the line without its newline.
    @_optimize(speed)
    mutating func appendHashed(_ line: UpdateLine) -> UInt64 {
        let start = count
        append(line)
        return FoldHash.hash(Bytes(rebasing: bytes[start..<count - 1]))
    }

    /// The same without the value; returns how much of it stands in front of that.
    @_optimize(speed)
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
