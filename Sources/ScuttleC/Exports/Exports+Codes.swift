import CScuttle
import ScuttleCore

@_cdecl("scuttle_strerror") @implementation
public func scuttle_strerror(_ code: CInt) -> UnsafePointer<CChar>! {
    Bytes(sentence(for: code)).chars
}

@_cdecl("scuttle_library_version") @implementation
public func scuttle_library_version() -> UnsafePointer<CChar>! {
    // The tests hold it against SCUTTLE_VERSION_STRING.
    Bytes("0.2.0").chars
}

func sentence(for code: CInt) -> StaticString {
    switch code {
    case SCUTTLE_OK: return "done"
    case SCUTTLE_FULL: return "done, but a link is over its high-water mark: wait for on_drain"
    case SCUTTLE_NOT_FOUND: return "there is no such key"
    case SCUTTLE_TORN: return "done, but what was read ends in the middle of a line"
    case SCUTTLE_MORE: return "done so far, and more is due: call again"
    default: break
    }
    guard let error = Failure.Code(rawValue: code) else { return "not a code of libscuttle" }
    return switch error {
    case .argument: "an argument is NULL or out of range"
    case .memory: "the system gave no memory or randomness"
    case .busy: "called from a callback of the same replica"
    case .unsupported: "this replica or link cannot do that, by the way that it was made"
    case .structSize: "struct_size fits no version of the struct, or a field of a later version is set"
    case .space: "the buffer is too small"
    case .id: "a name or a source is empty, too long, or ends as an incarnation"
    case .key: "a key is empty"
    case .nul: "a key, an id or a name inside a value contains U+0000"
    case .utf8: "text is not valid UTF-8"
    case .json: "not JSON"
    case .duplicate: "a JSON object has two members of one name"
    case .number: "a JSON number is out of range"
    case .depth: "JSON is nested too deep"
    case .message: "not a message: a field is missing or of the wrong type"
    case .version: "a version is not an integer from 1 to 2^53-1"
    case .versionJump: "a version is too far ahead of this replica"
    case .identity: "a peer shows this replica's own source with a version never issued here"
    case .readOnly: "an update came in on a read-only link"
    case .messageSize: "a line is too long"
    case .keySize: "a key is too long"
    case .valueSize: "a value is too long"
    case .sources: "too many sources"
    case .links: "too many links"
    case .exhausted: "version numbers are used up"
    case .cluster: "the peer belongs to another cluster"
    case .protocolVersion: "the peer speaks no protocol version that this replica does"
    case .rejected: "the peer has rejected this replica"
    case .datagram: "an update fits no datagram"
    case .corrupt: "a peer has another content for a write that is known here"
    case .resolver: "the outcome of a resolver depends on order, repetition or grouping"
    case .unasked: "a delta, reset, cover or commit answers no open request of this link"
    case .refused: "the host does not accept an update, or more updates are refused than max_refused"
    case .keys: "more keys than max_keys"
    case .bytes: "more memory than max_bytes"
    case .timeToLive: "a time to live is not an integer from 0 to 2^53-1"
    case .store: "a callback of state_store has failed; the call is undone"
    case .forked: "the replica was made before a fork, in the parent process; after a fork make one of the child's own"
    }
}
