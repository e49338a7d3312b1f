internal import CScuttle

/// Keeps a replica in a database of the host's: set one as ``Configuration/stateStore``.
///
/// Each call on the replica or its links that changes rows makes one transaction: ``begin``, ``put`` and ``remove`` in any order, ``commit``.
/// The call returns after ``commit`` has succeeded, so a host that is killed loses nothing that a call has confirmed. A call with many
/// updates, such as a ``Link/write(_:)-([UInt8])``, is one transaction, too.
///
/// If a closure throws, ``rollback`` follows, and the call throws ``ScuttleError/Code/store`` with the closure's error in the message.
/// ``Replica/set(_:to:timeToLive:renews:)`` and ``Replica/remove(_:)`` have changed nothing then. Any other call is undone as a whole: the replica
/// becomes what ``load`` passes, and its links restart their conversations. ``Configuration/onUpdate`` and ``Replica/changes`` may have
/// shown updates that are undone. While ``load`` throws, too, each call throws ``ScuttleError/Code/store`` and tries it again.
///
/// The closures run during a call and under the replica's lock, as those of a ``Configuration`` do, so one of them runs at a time.
public struct StateStore: Sendable {
    /// Passes the lines of all rows to `take`, in any order, and stops if `take` returns false. ``Replica/init(_:_:)`` calls it; a store
    /// without rows makes a new replica.
    public var load: @Sendable (_ take: (_ line: [UInt8]) -> Bool) throws -> Void
    /// Begins a transaction.
    public var begin: @Sendable () throws -> Void
    /// Inserts or replaces a row.
    public var put: @Sendable (Row) throws -> Void
    /// Removes a row, if it exists.
    public var remove: @Sendable (Row.ID) throws -> Void
    /// Ends the transaction. Its rows are durable once the closure has returned.
    public var commit: @Sendable () throws -> Void
    /// Undoes the transaction, also one that has failed in ``begin`` or ``commit``.
    public var rollback: @Sendable () -> Void

    /// Makes a store of its six functions.
    public init(
        load: @escaping @Sendable (_ take: (_ line: [UInt8]) -> Bool) throws -> Void,
        begin: @escaping @Sendable () throws -> Void,
        put: @escaping @Sendable (Row) throws -> Void,
        remove: @escaping @Sendable (Row.ID) throws -> Void,
        commit: @escaping @Sendable () throws -> Void,
        rollback: @escaping @Sendable () -> Void
    ) {
        self.load = load
        self.begin = begin
        self.put = put
        self.remove = remove
        self.commit = commit
        self.rollback = rollback
    }

    /// A row of a state store: the store keeps one line for each ``ID``. A copy: it stays as it is.
    public struct Row: Identifiable, Hashable, Sendable {
        /// The row's primary key.
        public let id: ID
        /// The content: one or more lines of ``Replica/export()``, each with its newline.
        public let line: [UInt8]
        /// The entry as an update, for columns of the host's own; nil unless the row's kind is ``Kind/entry``.
        public let update: Update?

        /// The primary key of a row.
        public struct ID: Hashable, Sendable {
            /// The kind of the row.
            public let kind: Kind
            /// The row's name within its kind.
            public let bytes: [UInt8]

            /// Makes a key.
            public init(kind: Kind, bytes: [UInt8]) {
                self.kind = kind
                self.bytes = bytes
            }
        }

        /// A kind of row. A later library may have more.
        public struct Kind: RawRepresentable, Hashable, Sendable {
            /// The number of the `SCUTTLE_ROW_…` of the C interface.
            public let rawValue: UInt32

            /// Makes a kind of the number of the C interface.
            public init(rawValue: UInt32) {
                self.rawValue = rawValue
            }

            /// An entry, tombstones included; the row's ``ID/bytes`` are the key.
            public static let entry = Kind(rawValue: SCUTTLE_ROW_ENTRY)
            /// A source's entry in the version vector; the row's ``ID/bytes`` are the source.
            public static let source = Kind(rawValue: SCUTTLE_ROW_SOURCE)
            /// Everything else of the replica; the row's ``ID/bytes`` name the part.
            public static let replica = Kind(rawValue: SCUTTLE_ROW_REPLICA)
        }
    }
}

// Borrowed rows become values here, before they leave a callback.

extension StateStore.Row.ID {
    init(_ view: scuttle_row_t) {
        self.init(
            kind: StateStore.Row.Kind(rawValue: view.kind),
            bytes: [UInt8](UnsafeRawBufferPointer(start: view.id, count: view.id_len)))
    }
}

extension StateStore.Row {
    init(_ view: scuttle_row_t) {
        self.init(
            id: ID(view), line: [UInt8](UnsafeRawBufferPointer(start: view.line, count: view.line_len)),
            update: view.update.map { Update($0.pointee) })
    }
}
