/// Open addressing whose slots are the records' own addresses, with 16 bits of the hash where addresses have none.
///
/// A search that hits reads a slot and the record, no array of records in between. But slots move when the table grows, so
/// nothing has a small number that stays; growing hashes all keys again, in an order that the memory does not like; and
/// that addresses have 48 bits is a promise of today's machines. At most three quarters full. Find and put: O(length of
/// key) expected.
struct PointerSlots: ~Copyable, KeyMap {
    static let name = "c: pointers"

    private var slots: UnsafeMutablePointer<UInt64>
    private var mask = 15
    private var count = 0
    private let hash: SipHash

    private static var tagMask: UInt64 { 0xffff << 48 }

    init(hash: SipHash) {
        self.hash = hash
        slots = Self.emptySlots(16)
    }

    deinit {
        slots.deallocate()
    }

    private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        slots.initialize(repeating: 0, count: count)
        return slots
    }

    func find(_ key: Bytes) -> Record? {
        let place = place(of: key, hash.hash(key))
        return slots[place] == 0 ? nil : record(at: place)
    }

    mutating func put(_ record: Record) -> Record? {
        let hash = hash.hash(record.key)
        var place = place(of: record.key, hash)
        let slot = hash & Self.tagMask | UInt64(unsafeBitCast(record, to: UInt.self))
        if slots[place] != 0 {
            let old = self.record(at: place)
            slots[place] = slot
            return old
        }
        if (count + 1) * 4 > (mask + 1) * 3 {
            grow()
            place = freePlace(hash)
        }
        slots[place] = slot
        count += 1
        return nil
    }

    private func record(at place: Int) -> Record {
        unsafeBitCast(UInt(slots[place] & ~Self.tagMask), to: Record.self)
    }

    /// Where the key stands, or the free slot at which the search for it ends.
    @inline(__always)
    private func place(of key: Bytes, _ hash: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 {
            if (slots[place] ^ hash) & Self.tagMask == 0, record(at: place).key.equals(key) { return place }
            place = (place + 1) & mask
        }
        return place
    }

    private func freePlace(_ hash: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = UnsafeMutableBufferPointer(start: slots, count: mask + 1)
        mask = old.count * 2 - 1
        slots = Self.emptySlots(mask + 1)
        for slot in old where slot != 0 {
            let record = unsafeBitCast(UInt(slot & ~Self.tagMask), to: Record.self)
            slots[freePlace(hash.hash(record.key))] = slot
        }
        old.deallocate()
    }
}
