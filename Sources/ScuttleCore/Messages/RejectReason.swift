/// The reason for which a replica rejects a peer.
public enum RejectReason: UInt8, CaseIterable {
    case cluster
    case protocolVersion
    case identity
    case refused
}
