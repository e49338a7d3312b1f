/// Why two replicas do not talk.
public enum RejectReason: UInt8, CaseIterable {
    case cluster
    case protocolVersion
    case identity
    case refused
}
