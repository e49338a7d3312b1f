/// The encoding of messages as bytes. `Encoding.chosen` is the one place that chooses it.
///
/// All other files of the core send and take values, such as a `Hello`. Bytes of messages they count, hash and hand on, and never
/// look into. The operations of an encoding stand in the files beside this one, each with a `switch` over the cases:
/// `MessageBuffer` writes messages, `UpdateLine` measures and writes an update, `MessageSizes` says how many bytes parts of
/// messages take, and `MessageReader` splits incoming bytes into messages and reads them. A second encoding is a second case and a
/// folder beside `JSON/`; the compiler names each place that lacks it. A single case takes no byte and no instruction.
package enum Encoding {
    /// A message is a line with one JSON object: see docs/reference/protocol.md.
    case json

    /// The encoding of links, exports and stores.
    package static var chosen: Encoding { .json }
}

extension Encoding {
    /// Encodes a source's id for the messages that name it. The source keeps the bytes as its `encodedID`. O(length).
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
