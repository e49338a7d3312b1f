import ScuttleJansson

@testable import ScuttleCore

/// One end of a link: the link and its input, in owned bytes.
final class LinkEnd {
    let replica: Replica
    let link: Link
    private var input = LinkInput()
    /// The failure of the latest read or peek that failed.
    private(set) var told: Failure?

    /// - Parameter isStrict: whether the link speaks the extended dialect only, unless the options say otherwise. Most tests
    ///   write the peer's messages by hand, in either dialect.
    init(_ replica: Replica, _ options: Link.Options = [], isStrict: Bool = false) throws(Failure) {
        self.replica = replica
        link = try replica.openLink(isStrict ? options : options.union(.any))
    }

    /// Makes the first gossip of a classic link request everything, and the next ones only updates.
    func askForEverything() {
        link.gossip()
        _ = readAll()
    }

    func close() {
        replica.close(link)
    }

    /// The echo of a datagram link's token, which a hand-written peer puts in front of its control messages.
    var echo: String { link.address.map { #"{"digest":true,"echo":\#($0.token)}"# + "\n" } ?? "" }

    /// Reads bytes of the peer. Returns the code of the failure, if there is one.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Failure.Code? {
        failure { () throws(Failure) in
            try bytes.lend { (bytes) throws(Failure) in try input.receive(bytes, on: link) }
        }
    }

    @discardableResult
    func write(_ text: String) -> Failure.Code? {
        write([UInt8](text))
    }

    /// Drops the noted failure.
    func forget() {
        told = nil
    }

    /// Returns the bytes of one read; none if it fails.
    func read(upTo capacity: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = 0
            do throws(Failure) {
                count = try link.read(into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                told = error
            }
        }
    }

    /// Reads until there is nothing to send, and returns the bytes.
    func readAll(capacity: Int = 4096) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = read(upTo: capacity)
            if piece.isEmpty { return all }
            all += piece
        }
    }

    /// Reads until there is nothing to send, and returns the lines as text.
    func readLines() -> [String] {
        readAll().lines.dropLast().map { $0.text }
    }

    /// Returns the spans of a peek.
    func peek(maxCount: Int = 1 << 20) -> [[UInt8]] {
        var spans: [[UInt8]] = []
        do throws(Failure) {
            try link.peek(maxCount: maxCount) { spans.append([UInt8]($0)) }
        } catch {
            told = error
        }
        return spans
    }

    func consume(_ count: Int) throws(Failure) {
        try link.consume(count)
    }
}

/// Carries bytes between two ends until both have nothing to send.
func talk(_ a: LinkEnd, _ b: LinkEnd) -> Failure.Code? {
    while true {
        let (toB, toA) = (a.readAll(), b.readAll())
        if toA.isEmpty, toB.isEmpty { return nil }
        if let code = b.write(toB) ?? a.write(toA) { return code }
    }
}

/// Returns the delta of the end `asked` for the other end, which has gossiped: all lines of the read in which the delta begins.
/// It may serve the hello or the vector behind it.
func answer(of asked: LinkEnd, to asking: LinkEnd) -> [[UInt8]] {
    for _ in 0..<4 {
        asked.write(asking.readAll())
        let said = asked.readAll()
        if said.text.contains(#"{"digest":true,"delta":"#) { return said.lines.dropLast().map { $0 + [0x0a] } }
        asking.write(said)
    }
    return []
}

/// Connects two replicas by new links, on which both request, until both have nothing to send.
func meet(_ a: Replica, _ b: Replica, _ options: Link.Options = []) throws(Failure) -> Failure.Code? {
    let ends = (try LinkEnd(a, options), try LinkEnd(b, options))
    ends.0.link.gossip()
    ends.1.link.gossip()
    defer {
        ends.0.close()
        ends.1.close()
    }
    return talk(ends.0, ends.1)
}
