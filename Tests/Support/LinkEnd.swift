import ScuttleJansson

@testable import ScuttleCore

/// One end of a conversation: a link and its parser, in owned bytes.
final class LinkEnd {
    let replica: Replica
    let link: Link
    private var input = LinkInput()
    /// What the last read or peek that failed has told.
    private(set) var told: Failure?

    /// - Parameter isStrict: speaks the extended dialect only, unless the options say otherwise. Most tests play a peer by hand,
    ///   in either dialect.
    init(_ replica: Replica, _ options: Link.Options = [], isStrict: Bool = false) throws(Failure) {
        self.replica = replica
        link = try replica.openLink(isStrict ? options : options.union(.any))
    }

    /// Of a classic link: the first gossip asks for everything, and the next ones for what is new.
    func askForEverything() {
        link.gossip()
        _ = readAll()
    }

    func close() {
        replica.close(link)
    }

    /// What a peer by hand puts in front of its control messages: in datagrams the echo of the link's token.
    var echo: String { link.address.map { #"{"digest":true,"echo":\#($0.token)}"# + "\n" } ?? "" }

    /// Takes what the peer sent; the code of the failure, if there is one.
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

    /// Forgets what was told.
    func forget() {
        told = nil
    }

    /// What one read yields; nothing where it fails.
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

    /// What reading until there is nothing yields.
    func readAll(capacity: Int = 4096) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = read(upTo: capacity)
            if piece.isEmpty { return all }
            all += piece
        }
    }

    /// The same in text, a line a message.
    func readLines() -> [String] {
        readAll().lines.dropLast().map { $0.text }
    }

    /// The spans that a peek shows.
    func peek(most: Int = 1 << 20) -> [[UInt8]] {
        var spans: [[UInt8]] = []
        do throws(Failure) {
            try link.peek(most: most) { spans.append([UInt8]($0)) }
        } catch {
            told = error
        }
        return spans
    }

    func consume(_ count: Int) throws(Failure) {
        try link.consume(count)
    }
}

/// Carries what two ends have to say to each other until both are silent.
func talk(_ a: LinkEnd, _ b: LinkEnd) -> Failure.Code? {
    while true {
        let (toB, toA) = (a.readAll(), b.readAll())
        if toA.isEmpty, toB.isEmpty { return nil }
        if let code = b.write(toB) ?? a.write(toA) { return code }
    }
}

/// What `asked` says when it answers the other end, which has gossiped: all lines from the one read in which a delta begins. It
/// may answer the hello or the vector behind it.
func answer(of asked: LinkEnd, to asking: LinkEnd) -> [[UInt8]] {
    for _ in 0..<4 {
        asked.write(asking.readAll())
        let said = asked.readAll()
        if said.text.contains(#"{"digest":true,"delta":"#) { return said.lines.dropLast().map { $0 + [0x0a] } }
        asking.write(said)
    }
    return []
}

/// Lets two replicas meet over fresh links, each asking the other, until both are silent.
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
