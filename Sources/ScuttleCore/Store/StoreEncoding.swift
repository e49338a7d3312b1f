/// The functions of the encoding that a store needs. The encoding stands in a higher folder, so whoever makes a replica hands
/// them in.
struct StoreEncoding {
    /// Encodes the id of a source.
    let encodeID: (Bytes) -> OwnedBytes
    /// Writes the rows of local writes to the host's store before the writes are made.
    let storeFirst: StoreFirst

    /// - Throws: `.store`; then the writes are not made.
    typealias StoreFirst = (Store, _ entries: [Record], _ version: Version) throws(Failure) -> Void
}
