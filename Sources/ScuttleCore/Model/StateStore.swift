/// A replica that its host keeps elsewhere, in rows: the functions that the host gives. Each says whether it has succeeded.
public struct StateStore {
    /// The kind of a row. With the row's id it is the primary key.
    public enum Kind: UInt32 {
        /// The entry of a key.
        case entry = 1
        /// A source's entry in the version vector.
        case source = 2
        /// What else there is to know of the replica.
        case replica = 3
    }

    public let begin: () -> Bool
    /// Kind, id and line; of an entry also the update.
    public let put: (Kind, Bytes, Bytes, Update?) -> Bool
    public let remove: (Kind, Bytes) -> Bool
    public let commit: () -> Bool
    public let rollback: () -> Void

    public init(
        begin: @escaping () -> Bool, put: @escaping (Kind, Bytes, Bytes, Update?) -> Bool,
        remove: @escaping (Kind, Bytes) -> Bool, commit: @escaping () -> Bool, rollback: @escaping () -> Void
    ) {
        (self.begin, self.put, self.remove, self.commit, self.rollback) = (begin, put, remove, commit, rollback)
    }
}
