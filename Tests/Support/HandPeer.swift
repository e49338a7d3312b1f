import Testing

@testable import ScuttleCore

/// A peer whose messages are written by hand, at one end of a link of the extended dialect.
struct HandPeer {
    let end: LinkEnd
    var replica: Replica { end.replica }
    /// The nonce of the latest request of the replica, which a delta has to name.
    private(set) var nonce: UInt64 = 0

    /// Sends a hello and a vector of its own, and reads the replica's messages.
    init(
        _ end: LinkEnd, source: String = "peer", incarnation: UInt64 = 5, lamport: Version = 9, nonce: UInt64 = 0
    ) {
        self.end = end
        let code = say(Self.hello(source: source, incarnation: incarnation, lamport: lamport, nonce: nonce))
        check(code == nil, "hello: \(String(describing: code))")
        _ = end.readLines()
    }

    static func hello(
        source: String = "peer", incarnation: UInt64 = 5, cluster: String = "", lamport: Version = 9, epoch: UInt64 = 0,
        revision: UInt64 = 1, hash: String = "0000000000000063", contents: String? = nil, nonce: UInt64 = 0,
        isReply: Bool = true
    ) -> String {
        #""hello":{"protocol":[1,1],"source":"\#(source)","incarnation":\#(incarnation),"cluster":"\#(cluster)""#
            + #","lamport":\#(lamport),"epoch":\#(epoch),"revision":\#(revision),"hash":"\#(hash)""#
            + (contents.map { #","contents":"\#($0)""# } ?? "") + #","nonce":\#(nonce),"token":77,"reply":\#(isReply)}"#
    }

    static func vector(
        _ sources: String, incarnation: UInt64 = 5, epoch: UInt64 = 0, nonce: UInt64 = 0, lamport: Version = 0,
        since: UInt64 = 0, until: UInt64 = 1, from: Int = 0, to: Int = 9, isLast: Bool = true, contents: Bool = false
    ) -> String {
        #""vector":{"incarnation":\#(incarnation),"epoch":\#(epoch),"nonce":\#(nonce),"lamport":\#(lamport)"#
            + #","since":\#(since),"until":\#(until)\#(contents ? #","contents":true"# : "")"#
            + #","sources":{\#(sources)},"from":\#(from),"to":\#(to),"last":\#(isLast)}"#
    }

    /// Returns `[2,"a1b2c3d4"]`: the count of lines, and their hash.
    static func linesCheck(of lines: [String], sealing numbers: [UInt64] = []) -> String {
        let (count, hash) = NaiveFoldHash.check(lines, sealing: numbers)
        let digits = String(hash, radix: 16)
        return #"[\#(count),"\#(String(repeating: "0", count: 8 - digits.count) + digits)"]"#
    }

    static func cover(_ intervals: String, of lines: [String] = []) -> String {
        #""cover":{\#(intervals)},"lines":\#(linesCheck(of: lines))"#
    }

    /// - Parameter lines: on a stream, the updates since the head or the latest mark, of a delta that starts at 0.
    static func commit(
        _ sources: String, sequence: UInt64 = 9, of lines: [String]? = nil, from: Int = 0, to: Int = 1,
        isLast: Bool = true
    ) -> String {
        let check = lines.map { #","lines":"# + linesCheck(of: $0, sealing: [0, sequence]) } ?? ""
        return #""commit":{"sequence":\#(sequence)\#(check)"#
            + #","sources":{\#(sources)},"from":\#(from),"to":\#(to),"last":\#(isLast)}"#
    }

    /// Returns the mark at a sequence of a stream delta that starts at 0.
    static func mark(_ sequence: UInt64, of lines: [String]) -> String {
        #""mark":{"sequence":\#(sequence),"lines":\#(linesCheck(of: lines, sealing: [0, sequence]))}"#
    }

    /// Returns a whole line from a message without its braces.
    static func line(_ body: String) -> String {
        #"{"digest":true,\#(body)}"#
    }

    /// Returns the head of a delta for the latest request of the replica; on a stream, of a delta that ends with a commit, from
    /// a sequence on.
    func head(
        _ mode: String = "log", epoch: UInt64? = nil, nonce: UInt64? = nil, incarnation: UInt64? = nil,
        from: UInt64 = 0
    ) -> String {
        let request = [incarnation ?? replica.incarnation, epoch ?? replica.epoch, nonce ?? self.nonce]
        return #""delta":{"mode":"\#(mode)","request":\#(request)"#.replacing(" ", with: "")
            + (["log", "early"].contains(mode) ? "" : #","epoch":0,"span":[0,\#(from)]"#) + "}"
    }

    /// Makes the replica request the updates that it lacks.
    mutating func beAsked() {
        say(#""request":{"revision":0,"from":0}"#)
        let lines = end.readLines()
        nonce = lines.compactMap { Self.nonce(in: $0, of: "vector") }.last ?? 0
        check(nonce > 0, "no vector is in \(lines)")
    }

    /// Returns the nonce of a request in a line of the replica.
    static func nonce(in line: String, of message: String) -> UInt64? {
        guard line.hasPrefix(#"{"digest":true,"\#(message)":"#), let place = line.firstRange(of: #""nonce":"#) else {
            return nil
        }
        return UInt64(line[place.upperBound...].prefix { $0.isNumber })
    }

    /// Writes one message, given without its braces.
    @discardableResult
    func say(_ body: String) -> Failure.Code? {
        end.write(end.echo + Self.line(body) + "\n")
    }

    /// Writes a log delta for the latest request: updates, and their cover.
    @discardableResult
    func sayLog(_ updates: [PlainUpdate], cover: String) -> [Failure.Code?] {
        let lines = updates.map(\.line)
        return [say(head())] + lines.map { end.write($0 + "\n") } + [say(Self.cover(cover, of: lines))]
    }
}
