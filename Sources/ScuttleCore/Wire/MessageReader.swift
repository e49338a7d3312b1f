/// Reads the bytes that come in, in any pieces: cuts them into messages and reads those. Of its own it has no more than a
/// message that waits for its end.
///
/// bytes → lines → message values: most messages are in the canonical form and are read here at once. All others are a judge's.
package struct MessageReader: ~Copyable {
    private let encoding: Encoding
    private var lines = LineSplitter()

    package init(in encoding: Encoding = .chosen) {
        self.encoding = encoding
    }

    /// The bytes that the part of a message takes that waits for its end.
    var waitingBytes: Int { lines.waitingBytes }

    /// Drops the part of a message that waits for its end, and skips the rest of that message.
    mutating func skipMessage() {
        lines.skipLine()
    }

    /// Hands each whole message to `take`, with its bytes, as line checks count them. What fails goes to `refuse`, with whether the
    /// message could be read, which says whether to go on. Inlined, so that a message need not become a value on its way to
    /// `take`.
    /// - Parameter judge: reads what is not canonical.
    @inline(__always)
    mutating func forEachMessage<Judge: MessageJudge & ~Copyable>(
        of bytes: Bytes, by judge: inout Judge, take: (Message, Bytes) throws(Failure) -> Void,
        refuse: (Failure, Bool) -> Bool
    ) {
        switch encoding {
        case .json: lines.forEachMessage(of: bytes, by: &judge, take: take, refuse: refuse)
        }
    }
}

/// Reads messages of any form, and says what is wrong with those that are none.
///
/// The core reads only what this library writes. It takes everything else to a judge, so that one place words errors.
package protocol MessageJudge: ~Copyable {
    var limits: Limits { get }

    /// Reads one message, without the end that it has in a stream, and hands it on.
    /// - Throws: what `take` throws, and what is wrong with the message.
    mutating func judge(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure)
}
