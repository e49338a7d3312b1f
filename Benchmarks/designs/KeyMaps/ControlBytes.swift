import CMachine

/// A Swiss table: a byte for each slot with 7 bits of the hash, looked at 16 at a time; slots are ids of records that
/// stand densely.
///
/// It may be seven eighths full, since a step passes 16 slots, and a slot is 5 bytes. A search reads a group of control
/// bytes, an id, the place of the record and the record; growing hashes all keys again. Find and put: O(length of key)
/// expected.
struct ControlBytes: ~Copyable, KeyMap {
    static let name = "d: control bytes"

    private static var group: Int { 16 }
    private static var empty: UInt8 { 0x80 }

    private var controls: UnsafeMutablePointer<UInt8>
    private var ids: UnsafeMutablePointer<KeyID>
    private var groupMask = 0
    private var room = 0
    private var records: [Record] = []
    private let hash: SipHash

    init(hash: SipHash) {
        self.hash = hash
        (controls, ids) = Self.emptySlots(Self.group)
        room = Self.group * 7 / 8
    }

    deinit {
        controls.deallocate()
        ids.deallocate()
    }

    private static func emptySlots(_ count: Int) -> (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<KeyID>) {
        let controls = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: group)
            .bindMemory(to: UInt8.self, capacity: count)
        controls.initialize(repeating: empty, count: count)
        return (controls, UnsafeMutablePointer<KeyID>.allocate(capacity: count))
    }

    func find(_ key: Bytes) -> Record? {
        id(of: key, hash.hash(key)).map { records[Int($0)] }
    }

    mutating func put(_ record: Record) -> Record? {
        let hash = hash.hash(record.key)
        if let id = id(of: record.key, hash) {
            let old = records[Int(id)]
            records[Int(id)] = record
            return old
        }
        if room == 0 { grow() }
        place(KeyID(truncatingIfNeeded: records.count), hash)
        records.append(record)
        return nil
    }

    private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash & 0x7f) }

    @inline(__always)
    private func id(of key: Bytes, _ hash: UInt64) -> KeyID? {
        var group = Int(truncatingIfNeeded: hash >> 7) & groupMask
        var step = 0
        while true {
            let start = group * Self.group
            var hits = machine_equal_bytes(controls + start, Self.tag(hash))
            while hits != 0 {
                let id = ids[start + hits.trailingZeroBitCount]
                if records[Int(id)].key.equals(key) { return id }
                hits &= hits - 1
            }
            if machine_equal_bytes(controls + start, Self.empty) != 0 { return nil }
            step += 1
            group = (group + step) & groupMask
        }
    }

    private mutating func place(_ id: KeyID, _ hash: UInt64) {
        var group = Int(truncatingIfNeeded: hash >> 7) & groupMask
        var step = 0
        while true {
            let start = group * Self.group
            let free = machine_equal_bytes(controls + start, Self.empty)
            if free != 0 {
                let slot = start + free.trailingZeroBitCount
                controls[slot] = Self.tag(hash)
                ids[slot] = id
                room -= 1
                return
            }
            step += 1
            group = (group + step) & groupMask
        }
    }

    private mutating func grow() {
        controls.deallocate()
        ids.deallocate()
        let count = (groupMask + 1) * Self.group * 2
        groupMask = count / Self.group - 1
        (controls, ids) = Self.emptySlots(count)
        room = count * 7 / 8
        for (id, record) in records.enumerated() { place(KeyID(truncatingIfNeeded: id), hash.hash(record.key)) }
    }
}
