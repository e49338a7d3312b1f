import Testing

@testable import ScuttleCore

extension LinkEnd {
    /// Reads datagrams until there are none, and returns them with the failures of the reads.
    func readDatagrams(capacity: Int) -> (datagrams: [[UInt8]], failures: [Failure]) {
        var (datagrams, failures): ([[UInt8]], [Failure]) = ([], [])
        // A link that fails in each read would never be read empty.
        while datagrams.count + failures.count < 20_000 {
            forget()
            let datagram = read(upTo: capacity)
            if !datagram.isEmpty {
                datagrams.append(datagram)
            } else if let told {
                failures.append(told)
                if told.code == .space { break }
            } else {
                break
            }
        }
        return (datagrams, failures)
    }
}

/// Makes each end of a datagram link echo the other's token, as after a challenge.
func exchangeTokens(_ a: LinkEnd, _ b: LinkEnd) {
    for (one, other) in [(a, b), (b, a)] { one.link.address?.peerToken = other.link.address?.token ?? 0 }
}

/// The datagrams that two ends of a link have exchanged.
struct Exchange {
    var datagrams: [[UInt8]] = []
    /// The failures of the reads, and those of the writes.
    var unsent: [Failure] = []
    var refused: [Failure.Code] = []
    /// Whether both ends had nothing more to send.
    var isQuiet = false

    /// Returns the lines of all datagrams that begin a message of this name.
    func lines(_ name: String) -> [String] {
        datagrams.flatMap { $0.lines.map(\.text) }.filter { $0.hasPrefix(#"{"digest":true,"\#(name)":"#) }
    }
}

/// Carries datagrams between two ends until both have nothing to send, for at most `rounds` rounds.
/// - Parameter fate: returns how often a datagram arrives: 0 if it is lost.
func carry(
    _ a: LinkEnd, _ b: LinkEnd, capacity: Int = 1200, rounds: Int = 400, fate: () -> Int = { 1 }
) -> Exchange {
    var exchange = Exchange()
    for _ in 0..<rounds {
        var isQuiet = true
        for (from, to) in [(a, b), (b, a)] {
            let (datagrams, failures) = from.readDatagrams(capacity: capacity)
            exchange.unsent += failures
            exchange.datagrams += datagrams
            if !datagrams.isEmpty { isQuiet = false }
            for datagram in datagrams {
                check(datagram.count <= capacity, "a datagram of \(datagram.count) bytes; capacity \(capacity)")
                check(datagram.last == 0x0a, "a datagram ends with a line")
                for _ in 0..<fate() {
                    if let code = to.write(datagram) { exchange.refused.append(code) }
                }
            }
        }
        if isQuiet {
            exchange.isQuiet = true
            break
        }
    }
    return exchange
}

/// Two replicas with a pair of ends, each of which requests the other's updates.
struct Pair {
    let a: LinkEnd
    let b: LinkEnd

    init(_ a: Replica, _ b: Replica, _ options: Link.Options = []) throws(Failure) {
        self.a = try LinkEnd(a, options)
        self.b = try LinkEnd(b, options)
    }

    func gossip() {
        a.link.gossip()
        b.link.gossip()
    }

    func close() {
        a.close()
        b.close()
    }
}
