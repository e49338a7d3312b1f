import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// A store without the layers above it, and its calls of them.
@Suite("Store")
struct StoreTests {
    /// Counts the calls.
    private final class Observed: Store {
        var marksReached = 0
        var invalidations = 0

        override func historyReachesMark() {
            marksReached += 1
            historyMark = .max
        }

        override func invalidateShared() {
            invalidations += 1
            earliestShared = .max
        }
    }

    private let store = Observed(
        ownID: Bytes("a"), configuration: Configuration(),
        encoding: StoreEncoding(
            encodeID: { OwnedBytes(copying: $0) }, storeFirst: { _, _, _ throws(Failure) in }))

    @Test("A store without links accepts writes and purges its tombstones")
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

    @Test("The call of a reached mark is made once, and not before")
    func mark() throws {
        store.historyMark = store.history.end + 2
        try store.set(Bytes("k"), to: Bytes("1"))
        #expect(store.marksReached == 0)
        try store.set(Bytes("k"), to: Bytes("2"))
        #expect(store.marksReached == 1)
        try store.set(Bytes("k"), to: Bytes("3"))
        #expect(store.marksReached == 1)
    }

    @Test("Shared deltas are invalidated if an entry of them is superseded, and not for older entries")
    func shared() throws {
        try store.set(Bytes("k"), to: Bytes("1"))
        try store.set(Bytes("l"), to: Bytes("1"))
        store.earliestShared = store.arrivals.last
        try store.set(Bytes("k"), to: Bytes("2"))
        #expect(store.invalidations == 0)
        try store.set(Bytes("l"), to: Bytes("2"))
        #expect(store.invalidations == 1)
        try store.set(Bytes("l"), to: Bytes("3"))
        #expect(store.invalidations == 1)
    }
}
