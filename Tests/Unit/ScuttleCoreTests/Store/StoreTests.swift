import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A store without the layers above it, and what it tells them.
@Suite("Store")
struct StoreTests {
    /// Counts what it is told.
    private final class Told: Store {
        var marksReached = 0
        var textsForgotten = 0

        override func historyReachesMark() {
            marksReached += 1
            historyMark = .max
        }

        override func invalidateShared() {
            textsForgotten += 1
            earliestShared = .max
        }
    }

    private let store = Told(
        ownID: Bytes("a"), configuration: Configuration(),
        encoding: StoreEncoding(
            encodeID: { OwnedBytes(copying: $0) }, storeFirst: { _, _, _, _, _ throws(Failure) in }))

    @Test("A store that nobody carries anywhere takes writes and forgets its tombstones")
    func alone() throws {
        try store.set(Bytes("k"), to: Bytes("1"))
        try store.set(Bytes("l"), to: Bytes("2"))
        try store.delete(Bytes("k"))
        #expect(store.keys.tombstoneCount == 1)
        store.finishCall()
        #expect(store.keys.tombstoneCount == 0)
        #expect(store.count == 1)
        #expect(store.brokenInvariant() == nil)
    }

    @Test("It tells once that the history has reached the mark, and not before")
    func mark() throws {
        store.historyMark = store.history.end + 2
        try store.set(Bytes("k"), to: Bytes("1"))
        #expect(store.marksReached == 0)
        try store.set(Bytes("k"), to: Bytes("2"))
        #expect(store.marksReached == 1)
        try store.set(Bytes("k"), to: Bytes("3"))
        #expect(store.marksReached == 1)
    }

    @Test("It tells that shared text is out of date once an entry of it has gone, and not of older entries")
    func shared() throws {
        try store.set(Bytes("k"), to: Bytes("1"))
        try store.set(Bytes("l"), to: Bytes("1"))
        store.earliestShared = store.arrivals.last
        try store.set(Bytes("k"), to: Bytes("2"))
        #expect(store.textsForgotten == 0)
        try store.set(Bytes("l"), to: Bytes("2"))
        #expect(store.textsForgotten == 1)
        try store.set(Bytes("l"), to: Bytes("3"))
        #expect(store.textsForgotten == 1)
    }
}
