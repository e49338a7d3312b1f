@testable import ScuttleCore

extension SourceTable {
    init(own id: Bytes) {
        self.init(own: id, hash: SipHash(key: (5, 6))) { Encoding.chosen.encodedID(of: $0) }
    }

    /// Creates a table of sources by id, of which the first is the own one.
    init(_ ids: [[UInt8]]) {
        let own = UnsafeMutableRawBufferPointer.allocate(byteCount: ids[0].count, alignment: 1)
        defer { own.deallocate() }
        own.copyBytes(from: ids[0])
        self.init(own: Bytes(own))
        for id in ids.dropFirst() { _ = id.lend { insert($0) } }
    }
}

extension Record {
    /// Creates a record that the caller owns.
    ///
    /// - Parameter writer: the source id of a republished update's writer.
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

    /// Returns the record's line; `sources` has the texts of all source ids.
    func line(of sources: [[UInt8]]) -> String {
        var buffer = MessageBuffer()
        let table = SourceTable(sources)
        buffer.append(UpdateLine(of: self, in: table, at: LeaseClock().time))
        return buffer.bytes.text
    }

    /// The count of owners. A record is a pointer to its block, which begins with the count. `Record` keeps both private, so a
    /// change of its layout must be repeated here.
    var owners: UInt32 {
        address.load(as: UInt32.self)
    }

    /// The block's address, which is the same for all copies of a record.
    var address: UnsafeRawPointer {
        unsafeBitCast(self, to: UnsafeRawPointer.self)
    }
}
