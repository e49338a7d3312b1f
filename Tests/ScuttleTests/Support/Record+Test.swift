@testable import Scuttle

extension Record {
    /// A record that the caller owns.
    init(_ update: PlainUpdate, from source: SourceID) {
        self = update.incoming { update in
            Record(
                key: update.key, value: update.value, source: source, version: update.version, kind: update.kind,
                in: RecordPool())
        }
    }

    /// Its line, where `source` is the id of its source.
    func line(from source: [UInt8]) -> String {
        var buffer = ByteBuffer()
        let source = source.lend { Source(id: $0) }
        defer { source.deallocate() }
        buffer.append(UpdateLine(of: self, from: source))
        return buffer.bytes.text
    }

    /// How many own it. A record is a pointer to its block, and the block begins with the count: `Record` keeps both to
    /// itself, so a change of its layout must be followed here.
    var owners: UInt32 {
        address.load(as: UInt32.self)
    }

    /// The block's address: the same for all copies of a record.
    var address: UnsafeRawPointer {
        unsafeBitCast(self, to: UnsafeRawPointer.self)
    }
}
