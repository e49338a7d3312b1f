/// A source's place in the source table: given when it is first heard of, in ascending order, and kept for ever.
typealias SourceID = UInt32

/// A replica that writes, as this one knows it: its id, how far it is accounted for here, its live entries.
final class Source {
    private let plain: OwnedBytes
    private let quotedText: OwnedBytes

    /// The clock's entry: every update of this source up to it is applied, beaten or deleted here. Never falls.
    var covered: Version = 0

    /// This source's live entries.
    var entries = VersionIndex()

    /// Where in the history its newest update stands.
    var newestUpdate = History.Sequence.none

    init(id: Bytes) {
        plain = OwnedBytes(copying: id)
        let count = LineWriter.escapedCount(of: id) + 2
        quotedText = withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { room in
            var writer = LineWriter(at: room.baseAddress.unsafelyUnwrapped)
            writer.put(UInt8(ascii: "\""))
            writer.put(escaping: id)
            writer.put(UInt8(ascii: "\""))
            return OwnedBytes(copying: Bytes(start: room.baseAddress, count: count))
        }
    }

    /// The id; a NUL stands behind it.
    var id: Bytes { plain.bytes }

    /// The id as a JSON string.
    var quoted: Bytes { quotedText.bytes }
}
