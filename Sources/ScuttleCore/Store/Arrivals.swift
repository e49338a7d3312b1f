/// All entries in the order in which they arrived here: what an answer from the state walks.
///
/// An entry that is superseded or removed leaves a hole, which costs nothing to make: a slot is live exactly where its key's
/// record carries the slot's stamp. Stamps ascend and are never given twice, so a walk that has come to a stamp can go on
/// from there whatever was swept meanwhile, and what arrives during the walk is met at its end. Append: O(1) amortised;
/// seek: O(log n); memory: 12 bytes for a live slot and at most twice that with holes.
struct Arrivals: ~Copyable {
    /// A place in the order of arrival; 0 stands before all.
    typealias Stamp = UInt64

    private var stamps = Column<Stamp>()
    private var keys = Column<KeyID>()
    private var holes = 0

    /// The stamp given last.
    private(set) var last: Stamp = 0

    var liveCount: Int { keys.count - holes }

    var bytes: Int { stamps.bytes &+ keys.bytes }

    /// Appends the new entry of a key, and stamps its record.
    @_optimize(speed)
    mutating func append(_ record: Record, _ key: KeyID) {
        last += 1
        record.arrival = last
        stamps.append(last)
        keys.append(key)
    }

    /// A stamp behind all entries that nothing will have.
    mutating func skipStamp() -> Stamp {
        last += 1
        return last
    }

    /// Notes that a slot has become a hole, and sweeps where holes outnumber the living.
    @_optimize(speed)
    mutating func retire(_ table: borrowing KeyTable) {
        holes += 1
        guard holes > keys.count / 2 + 32 else { return }
        var kept = 0
        for position in 0..<stamps.count where isLive(position, table) {
            stamps[kept] = stamps[position]
            keys[kept] = keys[position]
            kept += 1
        }
        stamps.truncate(to: kept)
        keys.truncate(to: kept)
        stamps.shrink()
        keys.shrink()
        holes = 0
    }

    /// Visits the entries behind a stamp, oldest first, until `visit` returns false. O(log n + slots passed).
    @_optimize(speed)
    func forEach(after stamp: Stamp, in table: borrowing KeyTable, _ visit: (Record) -> Bool) {
        var position = position(after: stamp)
        while position < stamps.count {
            if let record = table[keys[position]], record.arrival == stamps[position], !visit(record) { return }
            position += 1
        }
    }

    /// How many slots stand behind a stamp: at least as many as entries.
    func count(after stamp: Stamp) -> Int {
        stamps.count - position(after: stamp)
    }

    /// Where the slots behind a stamp begin: as far from the end as the stamp from the last one, unless a sweep or a skip has
    /// left something out between them. O(1) then, and O(log n) otherwise.
    private func position(after stamp: Stamp) -> Int {
        let guess = stamps.count &- Int(truncatingIfNeeded: last &- stamp)
        if guess > 0, guess <= stamps.count, stamps[guess - 1] <= stamp, guess == stamps.count || stamps[guess] > stamp
        {
            return guess
        }
        return stamps.partition { $0 > stamp }
    }

    private func isLive(_ position: Int, _ table: borrowing KeyTable) -> Bool {
        table[keys[position]]?.arrival == stamps[position]
    }
}
