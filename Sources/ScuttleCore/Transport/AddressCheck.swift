/// The address check of a datagram link. A peer that echoes this link's token has received it at its address.
///
/// A sender of datagrams can write any address. To a hello without an echo the link replies with a challenge, which is
/// shorter than the hello and contains the token. Control messages count if the first line of their datagram echoes the
/// token. Deltas need no echo, because they name the nonce of a request.
///
/// Only a datagram link has one. Memory: 32 bytes.
final class AddressCheck {
    /// The token that the peer has to echo: random, and constant while the link is open.
    let token: UInt64
    /// The token of a peer that has echoed this link's; 0 if it has not.
    var peerToken: UInt64 = 0
    /// The token of a hello without an echo, for which a challenge is due; 0 if none is due.
    var challenger: UInt64 = 0
    /// Whether the current datagram began with an echo of the token.
    var isEchoed = false

    init(_ random: UInt64) {
        token = random & .highest | 1
    }

    /// Notes the echo in the first line of a datagram.
    func receiveEcho(_ token: UInt64) { isEchoed = token == self.token }

    /// Whether a hello counts. A hello without an echo makes a challenge due, and changes nothing else.
    func admits(_ hello: Hello) -> Bool {
        guard isEchoed else {
            challenger = hello.token
            return false
        }
        // A reply contains no token.
        if hello.token > 0 { peerToken = hello.token }
        return peerToken > 0
    }

    /// Appends the challenge that is due, in a datagram of its own. False if none is due, or if it does not fit.
    func appendChallenge(to output: inout SendBuffer, within capacity: Int) -> Bool {
        guard challenger > 0 else { return false }
        output.append { $0.appendEcho(challenger) }
        output.append { $0.appendChallenge(token) }
        challenger = 0
        guard output.byteCount > capacity else { return true }
        output.consume(output.byteCount)
        return false
    }
}
