/// The messages of the classic dialect, without updates.
extension ByteBuffer {
    /// Writes a digest: the version up to which this replica has a source.
    ///
    ///     {"digest":true,"source_id":"…","id":"…","version":N}⏎
    mutating func putJSONDigest(of source: Source, at version: Version) {
        let start = reserve(2 * source.quoted.count + 80)
        var writer = ByteWriter(at: start)
        writer.put(#"{"digest":true,"source_id":"#)
        writer.put(source.quoted)
        writer.put(#","id":"#)
        writer.put(source.quoted)
        writer.put(#","version":"#)
        writer.put(version)
        writer.put("}\n")
        advance(writer.end - start)
    }

    /// Writes the end of a round of digests.
    mutating func putJSONDone() {
        put(#"{"digest":true,"done":true}"#)
        put("\n")
    }
}
