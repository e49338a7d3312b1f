/// The encoding of messages as bytes. Only `Encoding.chosen` chooses it.
///
/// All other files of the core send and receive values, such as a `Hello`. They count, hash and forward the bytes of messages,
/// and never parse them. The operations of an encoding are in the files beside this one, each with a `switch` over the cases:
/// `MessageBuffer` writes messages, `UpdateLine` measures and writes an update, `MessageSizes` returns the sizes of parts of
/// messages, and `MessageReader` splits incoming bytes into messages and reads them. A second encoding is a second case and a
/// folder beside `JSON/`; the compiler then names each switch that lacks it. A single case costs no byte and no instruction.
package enum Encoding {
    /// A message is a line with one JSON object: see docs/reference/protocol.md.
    case json

    /// The encoding of links, exports and stores.
    package static var chosen: Encoding { .json }
}

extension Encoding {
    /// Returns a source's id, encoded for the messages that name it. The source keeps it as its `encodedID`. O(length).
    func encodedID(of id: Bytes) -> OwnedBytes {
        switch self {
        case .json: Source.jsonFrame(of: id)
        }
    }

    // MARK: Messages in a stream

    /// The count of bytes at the end of a message that line checks leave out.
    var endCount: Int {
        switch self {
        case .json: 1
        }
    }

    /// Returns the count of messages that end in a part of a stream. O(length).
    @inline(__always)
    package func messageCount(endingIn bytes: Bytes) -> Int {
        switch self {
        case .json: bytes.count(of: LineSplitter.newline)
        }
    }

    /// The end of a message. The last message of a datagram or a save may lack it.
    var lastEnd: Bytes {
        switch self {
        case .json: LineSplitter.end
        }
    }

    /// Returns whether the bytes are the first message of an export.
    package func isExportHead(_ bytes: Bytes) -> Bool {
        switch self {
        case .json: bytes.isJSONExportHead
        }
    }
}
