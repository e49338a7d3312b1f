internal import CScuttle

/// A source with a version: the identity of an update.
public struct Dot: Hashable, Sendable {
    /// A name with an incarnation.
    public var source: String
    /// 1 to 2^53-1.
    public var version: UInt64

    /// Makes a dot.
    public init(source: String, version: UInt64) {
        self.source = source
        self.version = version
    }
}

/// The entry of a key, copied.
public struct Entry: Hashable, Sendable {
    /// The key.
    public let key: String
    /// The value.
    public let value: JSONText
    /// The source and the version of the write.
    public let timestamp: Dot

    /// Makes an entry, for comparisons.
    public init(key: String, value: JSONText, timestamp: Dot) {
        self.key = key
        self.value = value
        self.timestamp = timestamp
    }
}

/// A write of a replica, copied.
public struct Update: Hashable, Sendable {
    /// The key.
    public var key: String
    /// The value; `null` if it is a delete.
    public var value: JSONText
    /// The timestamp of the write, which never changes and decides which of two writes of a key stands.
    public var timestamp: Dot
    /// The dot under which the update travels. It is the timestamp until a replica republishes the update.
    public var dot: Dot
    /// The kind and origin of the update.
    public var flags: Flags

    /// Makes an update, for ``Replica/record(_:)`` and ``Resolver/flaw(among:)``.
    public init(key: String, value: JSONText, timestamp: Dot, flags: Flags = []) {
        self.key = key
        self.value = value
        self.timestamp = timestamp
        self.dot = timestamp
        self.flags = flags
    }

    /// The kind and origin of an update. A peer's new value has no flags.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits of the C interface.
        public let rawValue: UInt32

        /// Makes flags of the bits of the C interface.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// The update is a delete.
        public static let deleted = Flags(rawValue: SCUTTLE_UPDATE_DELETED)
        /// This replica has written the update.
        public static let local = Flags(rawValue: SCUTTLE_UPDATE_LOCAL)
        /// The update is an expiry: the delete of a key whose time to live has ended. ``deleted`` is set, too. Its timestamp is
        /// that of the write that it ends.
        public static let expired = Flags(rawValue: SCUTTLE_UPDATE_EXPIRED)
        /// Not a write: a reset removes the entry. ``deleted`` is set, too.
        public static let reset = Flags(rawValue: SCUTTLE_UPDATE_RESET)
    }

    /// Whether the update is a delete.
    public var isDelete: Bool { flags.contains(.deleted) }
}

// Conversions of borrowed text to values, before a callback returns.

extension Dot {
    fileprivate init(_ source: UnsafePointer<CChar>?, _ count: Int, _ version: UInt64) {
        self.init(source: String(borrowed: source, count), version: version)
    }
}

extension Entry {
    init(_ view: scuttle_update_t) {
        self.init(
            key: String(borrowed: view.key, view.key_len),
            value: JSONText(borrowed: view.value, view.value_len),
            timestamp: Dot(view.source, view.source_len, view.version))
    }

    init(key: String, _ view: scuttle_entry_t) {
        self.init(
            key: key, value: JSONText(borrowed: view.value, view.value_len),
            timestamp: Dot(view.source, view.source_len, view.version))
    }
}

extension Update {
    init(_ view: scuttle_update_t) {
        self.init(
            key: String(borrowed: view.key, view.key_len),
            value: JSONText(borrowed: view.value, view.value_len),
            timestamp: Dot(view.source, view.source_len, view.version),
            flags: Flags(rawValue: view.flags))
        dot = Dot(view.dot_source, view.dot_source_len, view.dot_version)
    }

    /// Lends the update to a call.
    func withView<Result>(_ body: (UnsafePointer<scuttle_update_t>) -> Result) -> Result {
        withText(key) { key, keyCount in
            withText(value.bytes) { value, valueCount in
                withText(timestamp.source) { source, sourceCount in
                    var view = scuttle_update_t()
                    (view.key, view.key_len) = (key, keyCount)
                    (view.value, view.value_len) = (value, valueCount)
                    (view.source, view.source_len) = (source, sourceCount)
                    (view.version, view.flags) = (timestamp.version, flags.rawValue)
                    return withUnsafePointer(to: view, body)
                }
            }
        }
    }
}
