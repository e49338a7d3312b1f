extension ByteBuffer {
    /// Appends up to where this replica has a source, as a line, and returns where it stands.
    ///
    ///     {"digest":true,"source_id":"…","id":"…","version":N}⏎
    mutating func appendDigest(of source: Source, at version: Version) -> Range<Int> {
        let start = reserve(2 * source.quoted.count + 80)
        var writer = LineWriter(at: start)
        writer.put(#"{"digest":true,"source_id":"#)
        writer.put(source.quoted)
        writer.put(#","id":"#)
        writer.put(source.quoted)
        writer.put(#","version":"#)
        writer.put(version)
        writer.put("}\n")
        advance(writer.end - start)
        return count - (writer.end - start)..<count
    }
}
