import CHints

/// An update in memory: key and value in one block, with a count of its owners.
///
/// The key table, the history and the send buffers of links share one record. Each owner retains and releases it by hand, and
/// the replica's lock makes the count safe. `UpdateLine` writes the update's line when it is sent, because a stored line would
/// double the memory of a key.
///
/// Memory: 32 bytes, the key and the value. Behind the value are 16 bytes more if the timestamp is not the dot, because the
/// update was republished or is an expiry, and 16 bytes more for a time to live.
struct Record: BitwiseCopyable {
    private let memory: UnsafeMutableRawPointer

    private struct Header {
        var owners: UInt32
        let source: SourceID
        /// The dot's version in the low 53 bits. Above it are the kind and flags: this replica renews the key, the update has a
        /// time to live, it has a timestamp of its own, the block is a pool's, the record is the entry of its key.
        var versionAndFlags: UInt64
        var arrival: UInt64
        let keyCount: UInt32
        let valueCount: UInt32
    }

    private var header: UnsafeMutablePointer<Header> {
        memory.assumingMemoryBound(to: Header.self)
    }

    private static var textStart: Int { MemoryLayout<Header>.stride }
    private static var kindShift: UInt64 { 53 }
    private static var renewedBit: UInt64 { 1 << 59 }
    private static var leaseBit: UInt64 { 1 << 60 }
    private static var republishedBit: UInt64 { 1 << 61 }
    private static var poolBit: UInt64 { 1 << 62 }
    private static var entryBit: UInt64 { 1 << 63 }

    /// Copies an update into a block of the pool, or of the system if the pool does not serve it. The caller owns the record.
    /// O(bytes).
    @_optimize(speed)
    init(
        key: Bytes, value: Bytes, source: SourceID, version: Version, kind: Update.Kind,
        in pool: borrowing RecordPool
    ) {
        self.init(key, value, source, version, kind, tailBits: 0, in: pool)
    }

    /// Copies an update that has a timestamp of its own or a time to live.
    @_optimize(speed)
    init(
        key: Bytes, value: Bytes, source: SourceID, version: Version, kind: Update.Kind, tail: Tail,
        in pool: borrowing RecordPool
    ) {
        self.init(key, value, source, version, kind, tailBits: tail.bits, in: pool)
        var address = tailStart
        if let timestamp = tail.timestamp {
            address.storeBytes(of: timestamp.version, as: Version.self)
            address.storeBytes(of: timestamp.source, toByteOffset: 8, as: SourceID.self)
            address += Self.tailStep
        }
        guard let lease = tail.lease else { return }
        address.storeBytes(of: lease.timeToLive, as: UInt64.self)
        address.storeBytes(of: lease.begin, toByteOffset: 8, as: UInt64.self)
        if lease.isRenewed { markRenewed() }
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
                versionAndFlags: version & .highest | UInt64(kind.rawValue) << Self.kindShift
                    | (pooled == nil ? 0 : Self.poolBit) | tailBits,
                arrival: 0,
                keyCount: UInt32(truncatingIfNeeded: key.count), valueCount: UInt32(truncatingIfNeeded: value.count)))
        var writer = ByteWriter(at: memory + Self.textStart)
        writer.put(key)
        writer.put(value)
    }

    /// Returns the length of a record's block for a length of text and the flags of its tail.
    @inline(__always)
    private static func bytes(ofText text: Int, _ tailBits: UInt64) -> Int {
        tailBits == 0 ? textStart + text : tailStart(behind: text) + tailBits.nonzeroBitCount * tailStep
    }

    /// Returns the length of a record's block without a tail.
    static func bytes(ofText text: Int) -> Int { textStart + text }

    /// The length of the block.
    var bytes: Int {
        Self.bytes(ofText: text.count, header.pointee.versionAndFlags & (Self.republishedBit | Self.leaseBit))
    }

    /// Whether the record has one owner.
    var hasOneOwner: Bool { header.pointee.owners == 1 }

    /// The part behind the value, which few records have.
    struct Tail {
        /// The timestamp, if it is not the dot; nil otherwise.
        var timestamp: Timestamp?
        var lease: Lease?

        /// Creates a tail; nil if both are nil.
        @_optimize(speed)
        init?(timestamp: Timestamp?, lease: Lease?) {
            guard timestamp != nil || lease != nil else { return nil }
            (self.timestamp, self.lease) = (timestamp, lease)
        }

        fileprivate var bits: UInt64 { (timestamp == nil ? 0 : republishedBit) | (lease == nil ? 0 : leaseBit) }
    }

    /// The length of a timestamp or of a lease.
    private static var tailStep: Int { 16 }

    /// The dot under which the update travels and is accounted for.
    var source: SourceID { header.pointee.source }
    var version: Version { header.pointee.versionAndFlags & .highest }
    var dot: Dot { Dot(source: source, version: version) }

    /// Whether the update is a value that was never republished and has no time to live, as most are.
    var isPlain: Bool {
        header.pointee.versionAndFlags & (Self.republishedBit | Self.leaseBit | 3 << Self.kindShift) == 0
    }

    /// Whether the record has a tail.
    var hasTail: Bool { header.pointee.versionAndFlags & (Self.republishedBit | Self.leaseBit) != 0 }

    /// Whether the dot is not the timestamp.
    var isRepublished: Bool { header.pointee.versionAndFlags & Self.republishedBit != 0 }

    /// The timestamp of the write, which decides which of two writes of a key stands.
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

    /// Returns the offset of the tail behind a length of text.
    private static func tailStart(behind text: Int) -> Int {
        (textStart + text + 7) & ~7
    }

    /// The time to live; nil for a delete.
    var lease: Lease? {
        guard header.pointee.versionAndFlags & Self.leaseBit != 0 else { return nil }
        return Lease(
            timeToLive: leaseStart.load(as: UInt64.self), begin: leaseStart.load(fromByteOffset: 8, as: UInt64.self),
            isRenewed: isRenewed)
    }

    /// Whether the record is a write whose key this replica renews, or a copy of it; of a delete, whether it has replaced such a
    /// write since the latest tick.
    var isRenewed: Bool { header.pointee.versionAndFlags & Self.renewedBit != 0 }

    func markRenewed() { header.pointee.versionAndFlags |= Self.renewedBit }
    func unmarkRenewed() { header.pointee.versionAndFlags &= ~Self.renewedBit }

    /// Whether the dot is not the timestamp, or the key is renewed, which is rare.
    var isRepublishedOrRenewed: Bool {
        header.pointee.versionAndFlags & (Self.republishedBit | Self.renewedBit) != 0
    }

    private var leaseStart: UnsafeMutableRawPointer { tailStart + (isRepublished ? Self.tailStep : 0) }

    /// Adopts the lease of an older copy of the write, if that began earlier.
    func takeLease(over older: Record) {
        guard let mine = lease, let other = older.lease, other.begin < mine.begin else { return }
        leaseStart.storeBytes(of: other.begin, toByteOffset: 8, as: UInt64.self)
    }

    /// Returns whether both are one write, or expiries of one write. An expiry outranks the write that it ends.
    func isCopy(of other: Record) -> Bool {
        timestamp == other.timestamp && (kind == .expiry) == (other.kind == .expiry)
    }

    /// Prefetches the record.
    @inline(__always)
    func prepareToRead() {
        hint_will_read(memory)
    }

    /// Prefetches a record of which the key and the value will be read: the two cache lines that hold most records.
    @inline(__always)
    func prepareToLook() {
        hint_will_look(memory)
        hint_will_look(memory + 64)
    }

    /// The key and the value, one behind the other.
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

    private var kindBits: UInt8 { UInt8(truncatingIfNeeded: header.pointee.versionAndFlags >> Self.kindShift) & 3 }
    var kind: Update.Kind { Update.Kind(rawValue: kindBits).unsafelyUnwrapped }
    var isDelete: Bool { kindBits != Update.Kind.value.rawValue }

    /// The sequence at which the record became the entry of its key.
    var arrival: UInt64 {
        get { header.pointee.arrival }
        nonmutating set { header.pointee.arrival = newValue }
    }
    var isEntry: Bool {
        get { header.pointee.versionAndFlags & Self.entryBit != 0 }
        nonmutating set {
            if newValue {
                header.pointee.versionAndFlags |= Self.entryBit
            } else {
                header.pointee.versionAndFlags &= ~Self.entryBit
            }
        }
    }

    /// Adds an owner.
    func retain() {
        header.pointee.owners &+= 1
    }

    /// Removes an owner; the last one frees the record.
    @inline(__always)
    func release() {
        header.pointee.owners &-= 1
        if header.pointee.owners == 0 { free() }
    }

    @inline(never)
    @_optimize(speed)
    private func free() {
        if header.pointee.versionAndFlags & Self.poolBit != 0 {
            RecordPool.free(memory)
        } else {
            RecordHeap.free(memory, bytes)
        }
    }
}
