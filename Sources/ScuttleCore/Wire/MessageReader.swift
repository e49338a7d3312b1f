/// Splits incoming bytes, in any pieces, into messages and reads them. Memory: the incomplete message.
///
/// Most messages are canonical and are read here at once. A judge reads all others.
package struct MessageReader: ~Copyable {
    private let encoding: Encoding
    private var lines = LineSplitter()

    package init(in encoding: Encoding = .chosen) {
        self.encoding = encoding
    }

    /// The memory of the incomplete message.
    var waitingBytes: Int { lines.waitingBytes }

    /// Drops the incomplete message, and skips the rest of it.
    mutating func skipMessage() {
        lines.skipLine()
    }

    /// Passes each whole message to `take`, with its bytes, as line checks count them. Passes an error to `refuse`, with
    /// whether the message was readable; `refuse` returns whether to go on. Inlined, so that the message is not built in memory
    /// for `take`.
    /// - Parameter judge: reads the messages that are not canonical.
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

/// Reads messages of any form, and names the fault of malformed ones.
///
/// The core reads only the messages that this library writes. A judge reads all others, so that one place words the errors.
package protocol MessageJudge: ~Copyable {
    var limits: Limits { get }

    /// Reads one message, without the end that it has in a stream, and passes it to `take`.
    /// - Throws: the errors of `take`, and the fault of a malformed message.
    mutating func judge(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure)
}
