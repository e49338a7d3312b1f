/// How messages are written as bytes, and read from them: the one place where that is chosen.
///
/// All other files of the core send and take values, such as a `Hello`, and know bytes of messages only as something to count,
/// to hash and to hand on. What they ask an encoding for stands in the files beside this one, each with a `switch` over the
/// cases: `MessageBuffer` writes messages, `UpdateLine` measures and writes an update, `MessageSizes` says what parts of
/// messages take, `MessageReader` cuts what comes in into messages and reads them. A second encoding is a second case, and a
/// folder beside `JSON/`; the compiler then names each place that lacks it. A single case takes no byte and no instruction.
package enum Encoding {
    /// A message is a line with one JSON object: see docs/protocol.md.
    case json

    /// The encoding of links, exports and stores.
    package static var chosen: Encoding { .json }
}

extension Encoding {
    /// What is kept of a source's id for the messages that name it: made once a source, and handed to this encoding again as
    /// `Source.encodedID`.
    func encodedID(of id: Bytes) -> OwnedBytes {
        switch self {
        case .json: Source.jsonFrame(of: id)
        }
    }

    // MARK: Messages in a stream

    /// The bytes at the end of a message that line checks do not count.
    var endCount: Int {
        switch self {
        case .json: 1
        }
    }

    /// How many messages end in some bytes of a stream. O(length).
    @inline(__always)
    package func messageCount(endingIn bytes: Bytes) -> Int {
        switch self {
        case .json: bytes.count(of: LineSplitter.newline)
        }
    }

    /// The end of a message, which the last one of a datagram or a save may lack.
    var lastEnd: Bytes {
        switch self {
        case .json: LineSplitter.end
        }
    }

    /// Whether bytes are the first message of an export.
    package func isExportHead(_ bytes: Bytes) -> Bool {
        switch self {
        case .json: bytes.isJSONExportHead
        }
    }
}
