/// The functions of the encoding that a store needs. The encoding stands in a higher folder, so whoever makes a replica hands
/// them in.
struct StoreEncoding {
    /// Encodes the id of a source.
    let encodeID: (Bytes) -> OwnedBytes
    /// Writes the rows of a local write to the host's store before the write is made.
    let storeFirst: StoreFirst

    /// - Throws: `.store`; then the write is not made.
    typealias StoreFirst = (Store, _ key: Bytes, _ value: Bytes, Update.Kind, Lease?) throws(Failure) -> Void
}
