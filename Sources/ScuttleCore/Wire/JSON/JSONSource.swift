extension Source {
    private static var front: StaticString { #","source_id":"# }
    private static var back: StaticString { #","version":"# }

    /// Returns the frame of an id: `,"source_id":"…","version":`. O(length).
    static func jsonFrame(of id: Bytes) -> OwnedBytes {
        let idCount = ByteWriter.escapedCount(of: id)
        let count = front.utf8CodeUnitCount + idCount + 2 + back.utf8CodeUnitCount
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { memory in
            var writer = ByteWriter(at: memory.baseAddress.unsafelyUnwrapped)
            writer.put(front)
            writer.put(UInt8(ascii: "\""))
            writer.put(id, escapedTo: idCount)
            writer.put(UInt8(ascii: "\""))
            writer.put(back)
            return OwnedBytes(copying: Bytes(start: memory.baseAddress, count: count))
        }
    }

    /// The text between value and version in the updates of this source.
    var versionFrame: Bytes { encodedID }

    /// The id as a JSON string.
    var quoted: Bytes {
        let (front, back) = (Self.front.utf8CodeUnitCount, Self.back.utf8CodeUnitCount)
        let frame = encodedID
        return Bytes(start: frame.baseAddress.unsafelyUnwrapped + front, count: frame.count &- front &- back)
    }
}
