@testable import ScuttleCore

extension SourceTable {
    init(own id: Bytes) {
        self.init(own: id, hash: SipHash(key: (5, 6))) { Encoding.chosen.encodedID(of: $0) }
    }

    /// Sources by number; the first is the own one.
    init(_ ids: [[UInt8]]) {
        let own = UnsafeMutableRawBufferPointer.allocate(byteCount: ids[0].count, alignment: 1)
        defer { own.deallocate() }
        own.copyBytes(from: ids[0])
        self.init(own: Bytes(own))
        for id in ids.dropFirst() { _ = id.lend { insert($0) } }
    }
}

extension Record {
    /// A record that the caller owns.
    ///
    /// - Parameter writer: of a republished update, the number of the source that wrote it.
    init(_ update: PlainUpdate, from source: SourceID, writer: SourceID = 0) {
        self = update.incoming { update in
            let timestamp = update.written.map { Timestamp(version: $0.version, source: writer) }
            let lease =
                update.timeToLive == .max ? nil : LeaseClock().lease(for: update.timeToLive, age: update.age)
            guard let tail = Record.Tail(timestamp: timestamp, lease: lease) else {
                return Record(
                    key: update.key, value: update.value, source: source, version: update.version, kind: update.kind,
                    in: RecordPool())
            }
            return Record(
                key: update.key, value: update.value, source: source, version: update.version, kind: update.kind,
                tail: tail, in: RecordPool())
        }
    }

    /// Its line, where `sources` are the ids of all sources by number.
    func line(of sources: [[UInt8]]) -> String {
        var buffer = MessageBuffer()
        let table = SourceTable(sources)
        buffer.append(UpdateLine(of: self, in: table, at: LeaseClock().time))
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
