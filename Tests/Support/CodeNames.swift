import CScuttle

@testable import ScuttleCore

/// Returns the constant of a code in scuttle.h. The compiler requires a case here for each new code.
func constant(of code: Failure.Code) -> (name: String, value: Int32) {
    switch code {
    case .argument: ("SCUTTLE_E_ARGUMENT", SCUTTLE_E_ARGUMENT)
    case .memory: ("SCUTTLE_E_MEMORY", SCUTTLE_E_MEMORY)
    case .busy: ("SCUTTLE_E_BUSY", SCUTTLE_E_BUSY)
    case .unsupported: ("SCUTTLE_E_UNSUPPORTED", SCUTTLE_E_UNSUPPORTED)
    case .structSize: ("SCUTTLE_E_STRUCT_SIZE", SCUTTLE_E_STRUCT_SIZE)
    case .space: ("SCUTTLE_E_SPACE", SCUTTLE_E_SPACE)
    case .id: ("SCUTTLE_E_ID", SCUTTLE_E_ID)
    case .key: ("SCUTTLE_E_KEY", SCUTTLE_E_KEY)
    case .nul: ("SCUTTLE_E_NUL", SCUTTLE_E_NUL)
    case .utf8: ("SCUTTLE_E_UTF8", SCUTTLE_E_UTF8)
    case .json: ("SCUTTLE_E_JSON", SCUTTLE_E_JSON)
    case .duplicate: ("SCUTTLE_E_DUPLICATE", SCUTTLE_E_DUPLICATE)
    case .number: ("SCUTTLE_E_NUMBER", SCUTTLE_E_NUMBER)
    case .depth: ("SCUTTLE_E_DEPTH", SCUTTLE_E_DEPTH)
    case .message: ("SCUTTLE_E_MESSAGE", SCUTTLE_E_MESSAGE)
    case .version: ("SCUTTLE_E_VERSION", SCUTTLE_E_VERSION)
    case .versionJump: ("SCUTTLE_E_VERSION_JUMP", SCUTTLE_E_VERSION_JUMP)
    case .identity: ("SCUTTLE_E_IDENTITY", SCUTTLE_E_IDENTITY)
    case .readOnly: ("SCUTTLE_E_READ_ONLY", SCUTTLE_E_READ_ONLY)
    case .messageSize: ("SCUTTLE_E_MESSAGE_SIZE", SCUTTLE_E_MESSAGE_SIZE)
    case .keySize: ("SCUTTLE_E_KEY_SIZE", SCUTTLE_E_KEY_SIZE)
    case .valueSize: ("SCUTTLE_E_VALUE_SIZE", SCUTTLE_E_VALUE_SIZE)
    case .sources: ("SCUTTLE_E_SOURCES", SCUTTLE_E_SOURCES)
    case .links: ("SCUTTLE_E_LINKS", SCUTTLE_E_LINKS)
    case .exhausted: ("SCUTTLE_E_EXHAUSTED", SCUTTLE_E_EXHAUSTED)
    case .cluster: ("SCUTTLE_E_CLUSTER", SCUTTLE_E_CLUSTER)
    case .protocolVersion: ("SCUTTLE_E_PROTOCOL", SCUTTLE_E_PROTOCOL)
    case .rejected: ("SCUTTLE_E_REJECTED", SCUTTLE_E_REJECTED)
    case .datagram: ("SCUTTLE_E_DATAGRAM", SCUTTLE_E_DATAGRAM)
    case .corrupt: ("SCUTTLE_E_CORRUPT", SCUTTLE_E_CORRUPT)
    case .resolver: ("SCUTTLE_E_RESOLVER", SCUTTLE_E_RESOLVER)
    case .unasked: ("SCUTTLE_E_UNASKED", SCUTTLE_E_UNASKED)
    case .refused: ("SCUTTLE_E_REFUSED", SCUTTLE_E_REFUSED)
    case .keys: ("SCUTTLE_E_KEYS", SCUTTLE_E_KEYS)
    case .bytes: ("SCUTTLE_E_BYTES", SCUTTLE_E_BYTES)
    case .timeToLive: ("SCUTTLE_E_TTL", SCUTTLE_E_TTL)
    case .store: ("SCUTTLE_E_STORE", SCUTTLE_E_STORE)
    case .forked: ("SCUTTLE_E_FORKED", SCUTTLE_E_FORKED)
    }
}

let codeNames = Dictionary(uniqueKeysWithValues: Failure.Code.allCases.map { ($0, constant(of: $0).name) })
