/// The updates of a log delta that wait for their cover. Owns a reference to each.
///
/// A replica covers each filling of a send buffer, some 8 kB and a message, so only other senders meet the limit. A dropped update is
/// an entry already, and does not enter the history.
struct PendingUpdates: ~Copyable {
    private(set) var records: [Record] = []
    /// The count of `records`, and one more for every 256 bytes of each.
    private var weight: UInt32 = 0
    private static var maxWeight: UInt32 { 1024 }

    /// Their cover has come. They stay until the next update or cover.
    private var isClosed = false
    /// Some was let go, since there was too much of it.
    private(set) var hasLost = false

    deinit {
        for record in records { record.release() }
    }

    /// Takes over the caller's reference.
    @_optimize(speed)
    mutating func hold(_ record: Record) {
        if isClosed { drop() }
        if weight >= Self.maxWeight { lose() }
        weight &+= 1 &+ UInt32(clamping: record.text.count >> 8)
        records.append(record)
    }

    /// An update was accounted for that the history will not have.
    @_optimize(speed)
    mutating func leaveOut() {
        if isClosed { drop() }
        hasLost = true
    }

    /// What waited for the cover before does not wait for the next one.
    mutating func dropClosed() {
        if isClosed { drop() }
    }

    /// The updates that wait and that the history would take, by dot: of each source those that ascend. The number of each is 1 if it
    /// is an entry. O(n log n).
    @inline(never)
    func ascending() -> DotOrder {
        let order = DotOrder()
        for record in records {
            if let next = order.first(from: record.dot), next.dot.source == record.source { continue }
            order.insert(record.dot, record.isEntry ? 1 : 0)
        }
        return order
    }

    mutating func close() { isClosed = true }

    /// Lets go of what waits, to make room.
    @inline(never)
    mutating func lose() {
        let isLost = !isClosed && !records.isEmpty || hasLost
        drop()
        hasLost = isLost
    }

    mutating func drop() {
        for record in records { record.release() }
        records = []
        weight = 0
        isClosed = false
        hasLost = false
    }

    /// A source is known by its hash alone from now on: no record may name it.
    mutating func forget(_ source: SourceID) {
        guard records.contains(where: { $0.source == source || $0.timestamp.source == source }) else { return }
        drop()
        hasLost = true
    }
}
