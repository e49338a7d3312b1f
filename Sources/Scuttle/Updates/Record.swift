/// An update in memory: its key and its value, in one block, with a count of its owners.
///
/// The key table, the history and the batches of links refer to one record. The count is kept by hand: each owner retains
/// it when it takes it and releases it when it lets go. The replica's lock makes the count safe. Its line is written when
/// it goes out ([UpdateLine](UpdateLine.swift)): a line beside each entry would double what a key costs.
/// Memory: 32 bytes, key and value, in one block; behind them 16 bytes more if the update was republished.
struct Record: BitwiseCopyable {
    private let memory: UnsafeMutableRawPointer

    private struct Header {
        var owners: UInt32
        let source: SourceID
        /// The dot's version in the low 53 bits, above it the kind, whether a timestamp of its own stands behind the value,
        /// whether the block is a pool's, and whether this is the entry of its key.
        var stampedVersion: UInt64
        var arrival: Arrivals.Stamp
        let keyCount: UInt32
        let valueCount: UInt32
    }

    private var header: UnsafeMutablePointer<Header> {
        memory.assumingMemoryBound(to: Header.self)
    }

    private static var textStart: Int { MemoryLayout<Header>.stride }
    private static var kindShift: UInt64 { 53 }
    private static var republishedBit: UInt64 { 1 << 61 }
    private static var poolBit: UInt64 { 1 << 62 }
    private static var entryBit: UInt64 { 1 << 63 }

    /// Copies an update into a block of the pool, or where that serves none of the system's; the caller owns the record.
    /// O(bytes).
    ///
    /// - Parameter timestamp: of a republished update, whose dot is not its timestamp any more; nil: they are the same.
    init(
        key: Bytes, value: Bytes, source: SourceID, version: Version, kind: Update.Kind, timestamp: Timestamp? = nil,
        in pool: borrowing RecordPool
    ) {
        let text = key.count + value.count
        let bytes = timestamp == nil ? Self.textStart + text : Self.timestampStart(behind: text) + Self.timestampBytes
        let pooled = pool.allocate(bytes)
        memory = pooled ?? .allocate(byteCount: bytes, alignment: 8)
        // The limits keep both counts far below 2^32, and versions below 2^53.
        header.initialize(
            to: Header(
                owners: 1, source: source,
                stampedVersion: version & .highest | UInt64(kind.rawValue) << Self.kindShift
                    | (pooled == nil ? 0 : Self.poolBit) | (timestamp == nil ? 0 : Self.republishedBit),
                arrival: 0,
                keyCount: UInt32(truncatingIfNeeded: key.count), valueCount: UInt32(truncatingIfNeeded: value.count)))
        var writer = LineWriter(at: memory + Self.textStart)
        writer.put(key)
        writer.put(value)
        guard let timestamp else { return }
        let place = memory + Self.timestampStart(behind: text)
        place.storeBytes(of: timestamp.version, as: Version.self)
        place.storeBytes(of: timestamp.source, toByteOffset: 8, as: SourceID.self)
    }

    /// The dot under which the update travels and is accounted for.
    var source: SourceID { header.pointee.source }
    var version: Version { header.pointee.stampedVersion & .highest }
    var dot: Dot { Dot(source: source, version: version) }

    /// Whether the update travels under another dot than its write had.
    var isRepublished: Bool { header.pointee.stampedVersion & Self.republishedBit != 0 }

    /// The write's own number and writer, which decide which of two writes of a key stands.
    @inline(__always)
    var timestamp: Timestamp {
        isRepublished ? ownTimestamp : Timestamp(version: version, source: source)
    }

    @inline(never)
    private var ownTimestamp: Timestamp {
        let text = Int(truncatingIfNeeded: header.pointee.keyCount) + Int(truncatingIfNeeded: header.pointee.valueCount)
        let place = memory + Self.timestampStart(behind: text)
        return Timestamp(
            version: place.load(as: Version.self), source: place.load(fromByteOffset: 8, as: SourceID.self))
    }

    private static var timestampBytes: Int { 16 }

    /// Where the timestamp of a republished update stands behind so many bytes of text.
    private static func timestampStart(behind text: Int) -> Int {
        (textStart + text + 7) & ~7
    }

    /// Key and value, one behind the other.
    var text: Bytes {
        Bytes(
            start: memory + Self.textStart,
            count: Int(truncatingIfNeeded: header.pointee.keyCount) + Int(truncatingIfNeeded: header.pointee.valueCount)
        )
    }
    var key: Bytes { Bytes(start: memory + Self.textStart, count: Int(truncatingIfNeeded: header.pointee.keyCount)) }
    var value: Bytes {
        Bytes(
            start: memory + (Self.textStart + Int(truncatingIfNeeded: header.pointee.keyCount)),
            count: Int(truncatingIfNeeded: header.pointee.valueCount))
    }

    private var kindBits: UInt8 { UInt8(truncatingIfNeeded: header.pointee.stampedVersion >> Self.kindShift) & 3 }
    var kind: Update.Kind { Update.Kind(rawValue: kindBits).unsafelyUnwrapped }
    var isDelete: Bool { kindBits != Update.Kind.value.rawValue }

    /// Where the key table has it: when it became the entry of its key; and whether it still is.
    var arrival: Arrivals.Stamp {
        get { header.pointee.arrival }
        nonmutating set { header.pointee.arrival = newValue }
    }
    var isEntry: Bool {
        get { header.pointee.stampedVersion & Self.entryBit != 0 }
        nonmutating set {
            if newValue {
                header.pointee.stampedVersion |= Self.entryBit
            } else {
                header.pointee.stampedVersion &= ~Self.entryBit
            }
        }
    }

    /// One owner more.
    func retain() {
        header.pointee.owners &+= 1
    }

    /// One owner less; the last one frees it.
    @inline(__always)
    func release() {
        header.pointee.owners &-= 1
        if header.pointee.owners == 0 { free() }
    }

    @inline(never)
    private func free() {
        if header.pointee.stampedVersion & Self.poolBit != 0 { RecordPool.free(memory) } else { memory.deallocate() }
    }
}
