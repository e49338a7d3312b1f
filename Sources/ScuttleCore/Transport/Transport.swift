/// How the messages of a link travel: on a stream, in order and complete until the link breaks; or in datagrams, which
/// may be lost, delayed, repeated, or sent from a wrong address.
enum Transport {
    case stream
    case datagrams(AddressCheck)

    var isDatagram: Bool {
        if case .datagrams = self { true } else { false }
    }

    /// The address check of a datagram link.
    var address: AddressCheck? {
        if case .datagrams(let address) = self { address } else { nil }
    }

    /// Whether the arrival of a message proves the arrival of all messages before it. Then a delta may come out of the
    /// history, marks state the progress of a state delta, and updates that were sent count as updates that the peer
    /// will have.
    @inline(__always)
    var keepsOrder: Bool { !isDatagram }

    /// Whether a message may come late or twice. Then a message that belongs to no delta is no error.
    var mayRepeat: Bool { isDatagram }

    /// Whether the sender of a delta waits after each window of datagrams until the peer says which ranges have
    /// arrived.
    var hasWindows: Bool { isDatagram }

    /// Whether a peer may speak the classic dialect, which has no datagrams.
    var allowsClassic: Bool { !isDatagram }

    /// The end of the last message of a read: a datagram ends it, a stream may continue it.
    var endOfRead: Bytes { isDatagram ? Encoding.chosen.lastEnd : Bytes(start: nil, count: 0) }
}
