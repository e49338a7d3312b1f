/// The entries in the order in which they arrived here. State deltas walk them.
///
/// An entry that is superseded or removed leaves a hole, which costs nothing to make: a slot is live exactly if its key's record
/// has the slot's sequence. Sequences ascend and are never used twice. So a walk goes on from its sequence whatever was swept
/// meanwhile, and finds what arrives during the walk at its end.
///
/// Append: O(1) amortised; seek: O(log n). Memory: 12 bytes for a live slot, and at most twice that with holes.
struct Arrivals: ~Copyable {
    /// A place in the order of arrival. 0 stands before all entries.
    typealias Sequence = UInt64

    private var sequences = Column<Sequence>()
    private var keys = Column<KeyID>()
    private var holes = 0

    /// The sequence of the latest entry, and the latest of all.
    private(set) var last: Sequence = 0
    private(set) var end: Sequence = 0

    var liveCount: Int { keys.count - holes }

    var bytes: Int { sequences.bytes &+ keys.bytes }

    /// Appends the new entry of a key, and gives its record a sequence.
    @_optimize(speed)
    mutating func append(_ record: Record, _ key: KeyID) {
        end += 1
        last = end
        record.arrival = last
        sequences.append(last)
        keys.append(key)
    }

    /// Returns a sequence above all others, which no entry will have: that of a removal or a save.
    mutating func skipSequence() -> Sequence {
        end += 1
        return end
    }

    /// Notes that a slot has become a hole, and sweeps if more than half of the slots are holes.
    @_optimize(speed)
    mutating func retire(_ table: borrowing KeyTable) {
        holes += 1
        guard holes > keys.count / 2 + 32 else { return }
        var kept = 0
        for position in 0..<sequences.count where isLive(position, table) {
            sequences[kept] = sequences[position]
            keys[kept] = keys[position]
            kept += 1
        }
        sequences.truncate(to: kept)
        keys.truncate(to: kept)
        sequences.shrink()
        keys.shrink()
        holes = 0
    }

    /// Visits the entries above a sequence, oldest first, until `visit` returns false. O(log n + slots passed).
    @_optimize(speed)
    func forEach(after sequence: Sequence, in table: borrowing KeyTable, _ visit: (Record) -> Bool) {
        var position = position(after: sequence)
        while position < sequences.count {
            if let record = table[keys[position]], record.arrival == sequences[position], !visit(record) { return }
            position += 1
        }
    }

    /// Returns the number of slots above a sequence, which is at least the number of entries. O(1), or O(log n) after a sweep or
    /// a skip.
    func count(after sequence: Sequence) -> Int {
        sequences.count - position(after: sequence)
    }

    /// Returns the position of the first slot above a sequence. Unless a sweep or a skip has left out sequences between them, the
    /// slot is as far from the end as the sequence is from the latest one: O(1). Otherwise O(log n).
    private func position(after sequence: Sequence) -> Int {
        let guess = sequences.count &- Int(truncatingIfNeeded: last &- sequence)
        if guess > 0, guess <= sequences.count, sequences[guess - 1] <= sequence,
            guess == sequences.count || sequences[guess] > sequence
        {
            return guess
        }
        return sequences.partition { $0 > sequence }
    }

    private func isLive(_ position: Int, _ table: borrowing KeyTable) -> Bool {
        table[keys[position]]?.arrival == sequences[position]
    }
}
