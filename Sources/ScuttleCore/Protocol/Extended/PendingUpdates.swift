/// The updates of a log delta that wait for their cover. Owns a reference to each.
///
/// A replica covers each filling of a send buffer, some 8 kB and a message, so only other senders reach the limit. A
/// dropped update is an entry already, and does not enter the history.
struct PendingUpdates: ~Copyable {
    private(set) var records: [Record] = []
    /// The count of `records`, plus one for every 256 bytes of each.
    private var weight: UInt32 = 0
    private static var maxWeight: UInt32 { 1024 }

    /// Whether their cover has arrived. They stay until the next update or cover.
    private var isClosed = false
    /// Whether some were dropped because of the limit.
    private(set) var hasLost = false

    deinit {
        for record in records { record.release() }
    }

    /// Adds a record, and its reference.
    @_optimize(speed)
    mutating func hold(_ record: Record) {
        if isClosed { drop() }
        if weight >= Self.maxWeight { lose() }
        weight &+= 1 &+ UInt32(clamping: record.text.count >> 8)
        records.append(record)
    }

    /// Notes an update that is accounted for and will not be in the history.
    @_optimize(speed)
    mutating func leaveOut() {
        if isClosed { drop() }
        hasLost = true
    }

    /// Drops updates that were covered before.
    mutating func dropClosed() {
        if isClosed { drop() }
    }

    /// Returns the updates that the history would accept, by dot: those of each source that ascend. The value of each
    /// is 1 if it is an entry. O(n log n).
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

    /// Drops the updates that wait, because of a limit.
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

    /// Drops all records if one belongs to a source that was retired.
    mutating func remove(_ source: SourceID) {
        guard records.contains(where: { $0.source == source || $0.timestamp.source == source }) else { return }
        drop()
        hasLost = true
    }
}
