/// The words of modes and reasons in messages, in every encoding.

extension DeltaMode {
    /// The word for this mode.
    package var name: StaticString {
        switch self {
        case .log: "log"
        case .state: "state"
        case .reset: "reset"
        case .early: "early"
        case .contents: "contents"
        }
    }
}

extension RejectReason {
    /// The word for this reason.
    var name: StaticString {
        switch self {
        case .cluster: "cluster"
        case .protocolVersion: "protocol"
        case .identity: "identity"
        case .refused: "refused"
        }
    }
}
