/// An update in memory: its key and its value, in one block, with a count of its owners.
///
/// The key table, the history and the batches of links refer to one record. The count is kept by hand: each owner retains
/// it when it takes it and releases it when it lets go. The replica's lock makes the count safe. Its line is written when
/// it goes out ([UpdateLine](UpdateLine.swift)): a line beside each entry would double what a key costs.
/// Memory: 32 bytes, key and value, in one block.
struct Record: BitwiseCopyable {
    private let memory: UnsafeMutableRawPointer

    private struct Header {
        var owners: UInt32
        let source: SourceID
        /// The version in the low 53 bits, above it the kind, whether the block is a pool's, and whether this is the entry of
        /// its key.
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
    private static var poolBit: UInt64 { 1 << 62 }
    private static var entryBit: UInt64 { 1 << 63 }

    /// Copies an update into a block of the pool, or where that serves none of the system's; the caller owns the record.
    /// O(bytes).
    init(
        key: Bytes, value: Bytes, source: SourceID, version: Version, kind: Update.Kind, in pool: borrowing RecordPool
    ) {
        let bytes = Self.textStart + key.count + value.count
        let pooled = pool.allocate(bytes)
        memory = pooled ?? .allocate(byteCount: bytes, alignment: 8)
        // The limits keep both counts far below 2^32, and versions below 2^53.
        header.initialize(
            to: Header(
                owners: 1, source: source,
                stampedVersion: version & .highest | UInt64(kind.rawValue) << Self.kindShift
                    | (pooled == nil ? 0 : Self.poolBit),
                arrival: 0,
                keyCount: UInt32(truncatingIfNeeded: key.count), valueCount: UInt32(truncatingIfNeeded: value.count)))
        var writer = LineWriter(at: memory + Self.textStart)
        writer.put(key)
        writer.put(value)
    }

    var source: SourceID { header.pointee.source }
    var version: Version { header.pointee.stampedVersion & .highest }
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
