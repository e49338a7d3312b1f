/// A source's place in the source table: given when it is first heard of, in ascending order, and kept for ever.
typealias SourceID = UInt32

/// A replica that writes, as this one knows it: its id, how far it is accounted for here, its live entries.
///
/// Invariants: `floor` <= `reach` <= `covered`; `purged` <= `covered`.
final class Source {
    private let plain: OwnedBytes
    /// `,"source_id":"…","version":`, and where the id stands in it.
    private let frame: OwnedBytes
    private let quotedPlace: Range<Int>

    /// The id's part in hashes that peers compare.
    let mark: UInt64

    /// The clock's entry: every update of this source up to it is applied, beaten or deleted here. Never falls.
    var covered: Version = 0

    /// The highest version of a tombstone of this source that was forgotten, here or where a reset came from.
    var purged: Version = 0

    /// The history has all updates of this source above `floor` and up to `covered`; and none above `reach`, since there
    /// were none.
    private(set) var floor: Version = 0
    private(set) var reach: Version = 0

    /// The value of `Replica.revision` when `covered` or `purged` last changed.
    var changedAt: UInt64 = 0

    /// Out of the reckoning of what is stable.
    var isForgotten = false

    /// This source's live entries, and how many of them are ahead of `covered`.
    var entries = VersionIndex()
    var aheadCount = 0

    /// Where in the history its newest update stands.
    var newestUpdate = History.Sequence.none

    init(id: Bytes) {
        plain = OwnedBytes(copying: id)
        mark = SipHash(key: (0, 0)).hash(id)
        let (front, back): (StaticString, StaticString) = (#","source_id":"#, #","version":"#)
        let start = front.utf8CodeUnitCount
        quotedPlace = start..<start + LineWriter.escapedCount(of: id) + 2
        let count = quotedPlace.upperBound + back.utf8CodeUnitCount
        frame = withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { room in
            var writer = LineWriter(at: room.baseAddress.unsafelyUnwrapped)
            writer.put(front)
            writer.put(UInt8(ascii: "\""))
            writer.put(escaping: id)
            writer.put(UInt8(ascii: "\""))
            writer.put(back)
            return OwnedBytes(copying: Bytes(start: room.baseAddress, count: count))
        }
    }

    /// The id; a NUL stands behind it.
    var id: Bytes { plain.bytes }

    /// The id as a JSON string.
    var quoted: Bytes { Bytes(rebasing: frame.bytes[quotedPlace]) }

    /// What stands between value and version in the lines of its updates.
    var versionFrame: Bytes { frame.bytes }

    /// The history has forgotten, or never had, updates up to `version`.
    func raiseFloor(to version: Version) {
        floor = max(floor, version)
        reach = max(reach, version)
    }

    /// The history has got the update of this version, which is the next one.
    func extendReach(to version: Version) {
        reach = max(reach, version)
    }
}
