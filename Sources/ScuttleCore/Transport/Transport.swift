/// How the messages of a link travel: on a stream, in order and whole until the link breaks; or in datagrams, which may be lost, late,
/// repeated, or sent from a wrong address.
enum Transport {
    case stream
    case datagrams(AddressCheck)

    var isDatagram: Bool {
        if case .datagrams = self { true } else { false }
    }

    /// The tokens that prove the address of a sender of datagrams.
    var address: AddressCheck? {
        if case .datagrams(let address) = self { address } else { nil }
    }

    /// Whether a message that has come proves that all messages before it have come. Then a delta may come out of the history, marks
    /// say how far a state delta has come, and what was sent counts as what the peer will have.
    @inline(__always)
    var keepsOrder: Bool { !isDatagram }

    /// Whether a message may come late or twice, so that nobody is to blame for one that belongs to nothing.
    var mayRepeat: Bool { isDatagram }

    /// Whether the sender of a delta waits after each window of datagrams until the peer says which ranges have come.
    var hasWindows: Bool { isDatagram }

    /// Whether a peer may speak the classic dialect, which has no datagrams.
    var allowsClassic: Bool { !isDatagram }

    /// What ends the last message of a read: a datagram ends it, a stream may go on with it.
    var endOfRead: Bytes { isDatagram ? Encoding.chosen.lastEnd : Bytes(start: nil, count: 0) }
}
