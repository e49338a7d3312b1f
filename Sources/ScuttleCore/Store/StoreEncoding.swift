/// What a store needs of the encoding of messages, which stands in a folder above it. Whoever makes a replica hands it in.
struct StoreEncoding {
    /// Makes what the encoding keeps of a source's id.
    let encodeID: (Bytes) -> OwnedBytes
    /// Writes the rows of a local write to the host's store, before the store makes it.
    let storeFirst: StoreFirst

    /// - Throws: `.store`; the write is not made then.
    typealias StoreFirst = (Store, _ key: Bytes, _ value: Bytes, Update.Kind, Lease?) throws(Failure) -> Void
}
