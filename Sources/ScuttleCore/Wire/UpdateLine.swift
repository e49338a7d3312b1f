/// An update as it goes to peers: measured once, then written.
///
/// It has a front, up to the value, and a back behind it, so that a long value can be sent from where it is. Borrows the record.
struct UpdateLine {
    let record: Record
    /// What stands as the update's source and version: its dot, or of a restated update the timestamp.
    let source: Source
    let version: Version
    /// If the timestamp is not the dot: the one of them that does not stand as source and version.
    private(set) var other: (source: Source, version: Version)?
    /// A republished update under its timestamp, with the dot behind it.
    let isRestated: Bool
    /// The part of its time to live that is over, in milliseconds.
    private(set) var age: UInt64 = 0
    /// The bytes that it takes, and what else the encoding has measured.
    private(set) var size: UpdateSize

    var count: Int { size.count }
    private var encoding: Encoding { .chosen }

    /// O(length of key).
    @_optimize(speed)
    init(of record: Record, in replica: Store) {
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
    init(restating record: Record, in replica: Store) {
        let timestamp = record.timestamp
        self.init(record, replica.sources[timestamp.source], timestamp.version, isRestated: true)
        measureTail(in: replica.sources, at: replica.leases.time)
    }

    @inline(__always)
    private init(_ record: Record, _ source: Source, _ version: Version, isRestated: Bool) {
        (self.record, self.source, self.version, self.isRestated) = (record, source, version, isRestated)
        size =
            switch Encoding.chosen {
            case .json: UpdateSize(ofJSON: record, source, version)
            }
        other = nil
    }

    @inline(never)
    private mutating func measureTail(in sources: borrowing SourceTable, at time: UInt64) {
        if record.isRepublished {
            let timestamp = isRestated ? Timestamp(of: record.dot) : record.timestamp
            other = (sources[timestamp.source], timestamp.version)
        }
        if let lease = record.lease { age = lease.age(at: time) }
        switch encoding {
        case .json: size.count += jsonTailCount
        }
    }

    @inline(__always)
    fileprivate func writeFront(_ writer: inout ByteWriter) {
        switch encoding {
        case .json: writer.putJSONFront(self)
        }
    }

    @inline(__always)
    fileprivate func writeBack(_ writer: inout ByteWriter) {
        switch encoding {
        case .json: writer.putJSONBack(self)
        }
    }
}

/// What an encoding measures of an update before it writes it.
struct UpdateSize {
    /// All of it.
    var count: Int
    /// The key with its escapes, and the version.
    let keyCount: Int
    let digits: Int
}

extension MessageBuffer {
    /// Appends an update. O(its bytes).
    @_optimize(speed)
    mutating func append(_ line: UpdateLine) {
        let start = text.reserve(line.count)
        var writer = ByteWriter(at: start)
        line.writeFront(&writer)
        writer.put(line.record.value)
        line.writeBack(&writer)
        text.advance(writer.end - start)
    }

    /// Appends an update, and returns the hash of it that line checks count.
    @_optimize(speed)
    mutating func appendHashed(_ line: UpdateLine) -> UInt64 {
        let start = count
        append(line)
        return FoldHash.hash(Bytes(rebasing: bytes[start..<count - encoding.endCount]))
    }

    /// Appends an update without its value; returns how much of it stands in front of that.
    @_optimize(speed)
    mutating func appendAroundValue(_ line: UpdateLine) -> Int {
        let start = text.reserve(line.count - line.record.value.count)
        var writer = ByteWriter(at: start)
        line.writeFront(&writer)
        let front = writer.end - start
        line.writeBack(&writer)
        text.advance(writer.end - start)
        return front
    }

    /// The hash of an update that was appended without its value, as `appendHashed` returns it.
    /// - Parameters:
    ///   - start: where it begins.
    ///   - front: how much of it stands in front of the value.
    @_optimize(speed)
    func hash(ofUpdateAt start: Int, _ front: Int, around value: Bytes) -> UInt64 {
        var hash = FoldHash()
        hash.add(Bytes(rebasing: bytes[start..<start + front]))
        hash.add(value)
        hash.add(Bytes(rebasing: bytes[start + front..<count - encoding.endCount]))
        return hash.value
    }
}
