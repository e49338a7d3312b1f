import CScuttle
import ScuttleCore

@_cdecl("scuttle_strerror") @implementation
public func scuttle_strerror(_ code: CInt) -> UnsafePointer<CChar>! {
    Bytes(sentence(for: code)).chars
}

@_cdecl("scuttle_library_version") @implementation
public func scuttle_library_version() -> UnsafePointer<CChar>! {
    // A test compares it with SCUTTLE_VERSION_STRING.
    Bytes("0.2.0").chars
}

func sentence(for code: CInt) -> StaticString {
    switch code {
    case SCUTTLE_OK: return "done"
    case SCUTTLE_FULL: return "done, but a link is full: wait for on_drain"
    case SCUTTLE_NOT_FOUND: return "there is no such key"
    case SCUTTLE_TORN: return "done, but the last line is truncated"
    case SCUTTLE_GAP: return "done, but the cursor could not be followed"
    case SCUTTLE_MORE: return "done in part: call again"
    case SCUTTLE_CONFLICT: return "not done: the key has another entry than expected"
    default: break
    }
    guard let error = Failure.Code(rawValue: code) else { return "not a code of libscuttle" }
    return switch error {
    case .argument: "an argument is NULL or out of range"
    case .memory: "the system has no memory or no randomness"
    case .busy: "called from a callback of the same replica"
    case .unsupported: "the configuration of this replica or link does not support the call"
    case .structSize: "struct_size fits no version of the struct, or an unknown field is set"
    case .space: "the buffer is too small"
    case .id: "a name or a source id is empty, too long, or ends in the suffix of an incarnation"
    case .key: "a key is empty"
    case .nul: "a key, an id or a name inside a value contains U+0000"
    case .utf8: "text is not valid UTF-8"
    case .json: "not JSON"
    case .duplicate: "a JSON object has two members with one name"
    case .number: "a JSON number is out of range"
    case .depth: "JSON is nested too deep"
    case .message: "a message lacks a field, or a field has the wrong type"
    case .version: "a version is not an integer from 1 to 2^53-1"
    case .versionJump: "a version exceeds this replica's by more than max_version_jump"
    case .identity: "a peer sent a version of this replica's own source that was never issued"
    case .readOnly: "a peer sent an update on a read-only link"
    case .messageSize: "a line is longer than max_message_bytes"
    case .keySize: "a key is longer than max_key_bytes"
    case .valueSize: "a value is longer than max_value_bytes"
    case .sources: "more sources than max_sources"
    case .links: "more links than max_links"
    case .exhausted: "the version has reached 2^53-1"
    case .cluster: "the peer belongs to another cluster"
    case .protocolVersion: "the peer supports no protocol version of this replica"
    case .rejected: "the peer has rejected this replica"
    case .datagram: "an update is too long for a datagram"
    case .corrupt: "equivocation: a peer has another content for a known timestamp"
    case .resolver: "the resolver is not commutative, not idempotent or not associative"
    case .unasked: "a delta, reset, cover or commit belongs to no open request of this link"
    case .refused: "the host has refused an update, or more updates were refused than max_refused"
    case .keys: "more keys than max_keys"
    case .bytes: "more memory than max_bytes"
    case .timeToLive: "a time to live is not an integer from 0 to 2^53-1"
    case .store: "a callback of state_store has failed; the call is undone"
    case .forked: "the replica belongs to the parent process: after a fork, create a new one in the child"
    }
}
