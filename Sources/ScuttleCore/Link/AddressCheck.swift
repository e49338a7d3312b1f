/// The tokens of a datagram link. A peer that echoes this link's token has received it at its address.
///
/// A sender of datagrams can write any address. The link answers a hello without an echo by a challenge, which is shorter than the
/// hello and says the token. Control messages count if the first line of their datagram echoes the token. Deltas need no echo,
/// because they name the nonce of a request.
///
/// Only a datagram link has it. Memory: 32 bytes.
final class AddressCheck {
    /// The number that the peer has to echo: random, and the same as long as the link is open.
    let token: UInt64
    /// The token of the peer, which has echoed the one here; 0: it has not.
    var peerToken: UInt64 = 0
    /// The token of a hello without an echo: a challenge is due; 0: none.
    var challenger: UInt64 = 0
    /// The datagram that is being read began with an echo of the token.
    var isEchoed = false

    init(_ random: UInt64) {
        token = random & .highest | 1
    }
}

extension Link {
    /// Whether control messages count: on a stream always, in a datagram if it echoes the token.
    var isAddressed: Bool { address?.isEchoed ?? true }

    /// Takes the echo in the first line of a datagram.
    public func receiveEcho(_ token: UInt64) {
        if let address { address.isEchoed = token == address.token }
    }

    /// Takes the peer's token, and says hello again with an echo of it.
    public func receiveChallenge(_ token: UInt64) throws(Failure) {
        // A repeated one asks for nothing new, so nothing goes round in circles.
        guard let address, try speaksExtended(beforeHello: true), address.isEchoed, token != address.peerToken else {
            return
        }
        address.peerToken = token
        if pending.hasGreeted { pending.greeting = .question }
    }

    /// Whether a hello counts. A hello without an echo makes a challenge due, and changes nothing else.
    func passesCheck(_ hello: Hello) -> Bool {
        guard let address else { return true }
        guard address.isEchoed else {
            address.challenger = hello.token
            return false
        }
        // A reply says none: the peer has been challenged, or was.
        if hello.token > 0 { address.peerToken = hello.token }
        return address.peerToken > 0
    }

    /// Appends the challenge that is due, in a datagram of its own. False if none is due, or if it does not fit.
    func appendChallenge(within capacity: Int) -> Bool {
        guard let address, address.challenger > 0 else { return false }
        output.append {
            $0.appendEcho(address.challenger)
            $0.appendChallenge(address.token)
        }
        address.challenger = 0
        guard output.byteCount > capacity else { return true }
        output.consume(output.byteCount)
        return false
    }

    /// Appends a control message, and puts the echo in front of the datagram.
    func appendControl(_ budget: SendBudget) -> Bool {
        guard let address, address.peerToken > 0, !output.hasEcho else { return appendControlMessage(budget) }
        let echo = Encoding.chosen.bytes(ofEcho: address.peerToken)
        guard appendControlMessage(SendBudget(messages: budget.messages, bytes: budget.bytes - echo)) else {
            return false
        }
        output.insertEcho { $0.appendEcho(address.peerToken) }
        return true
    }
}
