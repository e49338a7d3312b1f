import CHints

/// An update in memory: its key and its value, in one block, with a count of its owners.
///
/// The key table, the history and the batches of links refer to one record. The count is kept by hand: each owner retains
/// it when it takes it and releases it when it lets go. The replica's lock makes the count safe. Its line is written when
/// it goes out (`UpdateLine`): a line beside each entry would double what a key costs.
/// Memory: 32 bytes, key and value, in one block; behind them 16 bytes more if it has a timestamp of its own, because it was
/// republished or is an expiry, and 16 more if it has a time to live.
struct Record: BitwiseCopyable {
    private let memory: UnsafeMutableRawPointer

    private struct Header {
        var owners: UInt32
        let source: SourceID
        /// The dot's version in the low 53 bits, above it the kind, whether a time to live and a timestamp of its own stand
        /// behind the value, whether the block is a pool's, and whether this is the entry of its key.
        var stampedVersion: UInt64
        var arrival: UInt64
        let keyCount: UInt32
        let valueCount: UInt32
    }

    private var header: UnsafeMutablePointer<Header> {
        memory.assumingMemoryBound(to: Header.self)
    }

    private static var textStart: Int { MemoryLayout<Header>.stride }
    private static var kindShift: UInt64 { 53 }
    private static var leaseBit: UInt64 { 1 << 60 }
    private static var republishedBit: UInt64 { 1 << 61 }
    private static var poolBit: UInt64 { 1 << 62 }
    private static var entryBit: UInt64 { 1 << 63 }

    /// Copies an update into a block of the pool, or where that serves none of the system's; the caller owns the record.
    /// O(bytes).
    ///
    @_optimize(speed)
    init(
        key: Bytes, value: Bytes, source: SourceID, version: Version, kind: Update.Kind,
        in pool: borrowing RecordPool
    ) {
        self.init(key, value, source, version, kind, tailBits: 0, in: pool)
    }

    /// The same with something behind the value.
    @_optimize(speed)
    init(
        key: Bytes, value: Bytes, source: SourceID, version: Version, kind: Update.Kind, tail: Tail,
        in pool: borrowing RecordPool
    ) {
        self.init(key, value, source, version, kind, tailBits: tail.bits, in: pool)
        var place = tailStart
        if let timestamp = tail.timestamp {
            place.storeBytes(of: timestamp.version, as: Version.self)
            place.storeBytes(of: timestamp.source, toByteOffset: 8, as: SourceID.self)
            place += Self.tailStep
        }
        guard let lease = tail.lease else { return }
        place.storeBytes(of: lease.timeToLive, as: UInt64.self)
        place.storeBytes(of: lease.begin, toByteOffset: 8, as: UInt64.self)
    }

    @inline(__always)
    private init(
        _ key: Bytes, _ value: Bytes, _ source: SourceID, _ version: Version, _ kind: Update.Kind, tailBits: UInt64,
        in pool: borrowing RecordPool
    ) {
        let bytes = Self.bytes(ofText: key.count + value.count, tailBits)
        let pooled = pool.allocate(bytes)
        memory = pooled ?? pool.heap.allocate(bytes)
        // The limits keep both counts far below 2^32, and versions below 2^53.
        header.initialize(
            to: Header(
                owners: 1, source: source,
                stampedVersion: version & .highest | UInt64(kind.rawValue) << Self.kindShift
                    | (pooled == nil ? 0 : Self.poolBit) | tailBits,
                arrival: 0,
                keyCount: UInt32(truncatingIfNeeded: key.count), valueCount: UInt32(truncatingIfNeeded: value.count)))
        var writer = ByteWriter(at: memory + Self.textStart)
        writer.put(key)
        writer.put(value)
    }

    /// How long the block of a record is: so much text, and what its bits say of a tail.
    @inline(__always)
    private static func bytes(ofText text: Int, _ tailBits: UInt64) -> Int {
        tailBits == 0 ? textStart + text : tailStart(behind: text) + tailBits.nonzeroBitCount * tailStep
    }

    /// The same of a record with so much text and no tail.
    static func bytes(ofText text: Int) -> Int { textStart + text }

    /// How long its block is.
    var bytes: Int {
        Self.bytes(ofText: text.count, header.pointee.stampedVersion & (Self.republishedBit | Self.leaseBit))
    }

    /// Whether nobody else owns it.
    var hasOneOwner: Bool { header.pointee.owners == 1 }

    /// What stands behind the value of few records.
    struct Tail {
        /// Of an update whose dot is not its timestamp; nil: they are the same.
        var timestamp: Timestamp?
        var lease: Lease?

        /// Nil if there is nothing to stand there.
        @_optimize(speed)
        init?(timestamp: Timestamp?, lease: Lease?) {
            guard timestamp != nil || lease != nil else { return nil }
            (self.timestamp, self.lease) = (timestamp, lease)
        }

        fileprivate var bits: UInt64 { (timestamp == nil ? 0 : republishedBit) | (lease == nil ? 0 : leaseBit) }
    }

    /// The bytes of a timestamp or of a lease.
    private static var tailStep: Int { 16 }

    /// The dot under which the update travels and is accounted for.
    var source: SourceID { header.pointee.source }
    var version: Version { header.pointee.stampedVersion & .highest }
    var dot: Dot { Dot(source: source, version: version) }

    /// Whether it is a value under the dot that it was written with, for ever, as most are.
    var isPlain: Bool {
        header.pointee.stampedVersion & (Self.republishedBit | Self.leaseBit | 3 << Self.kindShift) == 0
    }

    /// Whether something stands behind the value.
    var hasTail: Bool { header.pointee.stampedVersion & (Self.republishedBit | Self.leaseBit) != 0 }

    /// Whether the update travels under another dot than its write had.
    var isRepublished: Bool { header.pointee.stampedVersion & Self.republishedBit != 0 }

    /// The write's own number and writer, which decide which of two writes of a key stands.
    @inline(__always)
    var timestamp: Timestamp {
        isRepublished ? ownTimestamp : Timestamp(version: version, source: source)
    }

    @inline(never)
    private var ownTimestamp: Timestamp {
        Timestamp(
            version: tailStart.load(as: Version.self), source: tailStart.load(fromByteOffset: 8, as: SourceID.self))
    }

    private var tailStart: UnsafeMutableRawPointer {
        let text = Int(truncatingIfNeeded: header.pointee.keyCount) + Int(truncatingIfNeeded: header.pointee.valueCount)
        return memory + Self.tailStart(behind: text)
    }

    /// Where it stands behind so many bytes of text.
    private static func tailStart(behind text: Int) -> Int {
        (textStart + text + 7) & ~7
    }

    /// Its time to live, which a delete has not.
    var lease: Lease? {
        guard header.pointee.stampedVersion & Self.leaseBit != 0 else { return nil }
        return Lease(
            timeToLive: leaseStart.load(as: UInt64.self), begin: leaseStart.load(fromByteOffset: 8, as: UInt64.self))
    }

    private var leaseStart: UnsafeMutableRawPointer { tailStart + (isRepublished ? Self.tailStep : 0) }

    /// Goes on with the time to live of an older copy of the write: the earlier begin counts.
    func takeLease(over older: Record) {
        guard let mine = lease, let other = older.lease, other.begin < mine.begin else { return }
        leaseStart.storeBytes(of: other.begin, toByteOffset: 8, as: UInt64.self)
    }

    /// Whether both are one write, or expiries of one: an expiry ranks above the write that it ends.
    func isCopy(of other: Record) -> Bool {
        timestamp == other.timestamp && (kind == .expiry) == (other.kind == .expiry)
    }

    /// It will be read soon.
    @inline(__always)
    func prepareToRead() {
        hint_will_read(memory)
    }

    /// Key and value, one behind the other.
    var text: Bytes {
        Bytes(
            start: memory + Self.textStart,
            count: Int(truncatingIfNeeded: header.pointee.keyCount) + Int(truncatingIfNeeded: header.pointee.valueCount)
        )
    }
    @inline(__always)
    var key: Bytes { Bytes(start: memory + Self.textStart, count: Int(truncatingIfNeeded: header.pointee.keyCount)) }
    @inline(__always)
    var value: Bytes {
        Bytes(
            start: memory + (Self.textStart + Int(truncatingIfNeeded: header.pointee.keyCount)),
            count: Int(truncatingIfNeeded: header.pointee.valueCount))
    }

    private var kindBits: UInt8 { UInt8(truncatingIfNeeded: header.pointee.stampedVersion >> Self.kindShift) & 3 }
    var kind: Update.Kind { Update.Kind(rawValue: kindBits).unsafelyUnwrapped }
    var isDelete: Bool { kindBits != Update.Kind.value.rawValue }

    /// Where the key table has it: when it became the entry of its key; and whether it still is.
    var arrival: UInt64 {
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
    @_optimize(speed)
    private func free() {
        if header.pointee.stampedVersion & Self.poolBit != 0 {
            RecordPool.free(memory)
        } else {
            RecordHeap.free(memory, bytes)
        }
    }
}
