import CScuttle
import ScuttleCore

/// Converts the core's values to the structs of the header.

extension UnsafeRawBufferPointer {
    /// The bytes as a C string. Never NULL, even for no bytes.
    var chars: UnsafePointer<CChar> {
        guard let baseAddress else { return empty }
        return baseAddress.assumingMemoryBound(to: CChar.self)
    }

    private var empty: UnsafePointer<CChar> {
        UnsafeRawPointer(("" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
    }
}

extension scuttle_update_t {
    init(_ update: Update) {
        self.init(
            key: update.key.chars, key_len: update.key.count,
            value: update.value.chars, value_len: update.value.count,
            source: update.source.chars, source_len: update.source.count,
            version: update.version,
            flags: update.kind.flags | (update.isLocal ? SCUTTLE_UPDATE_LOCAL : 0),
            reserved: 0,
            dot_source: update.dotSource.chars, dot_source_len: update.dotSource.count, dot_version: update.dotVersion)
    }
}

extension Update.Kind {
    fileprivate var flags: UInt32 {
        switch self {
        case .value: 0
        case .delete: SCUTTLE_UPDATE_DELETED
        case .expiry: SCUTTLE_UPDATE_DELETED | SCUTTLE_UPDATE_EXPIRED
        case .reset: SCUTTLE_UPDATE_DELETED | SCUTTLE_UPDATE_RESET
        }
    }
}

extension scuttle_entry_t {
    /// The entry of an absent key.
    static var absent: scuttle_entry_t {
        scuttle_entry_t(
            value: Bytes("null").chars, value_len: 4, source: Bytes("").chars, source_len: 0, version: 0)
    }
}
