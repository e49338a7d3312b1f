/// The exceptions to a version vector: updates that a replica has not applied, though its vector may cover them.
///
/// An exception with a reason was refused, and peers do not send its update again. An exception without a reason is missing, and
/// peers send its update again. The table is an object, because few replicas have exceptions. Find: O(log entries), and O(1)
/// expected by key. Memory: 56 bytes an entry, two slots of an order and one of an index.
final class RefusedTable {
    /// A refused write without its value. Of a missing write only the dot is known, and the key is 0.
    struct Write: BitwiseCopyable {
        /// The hash of its key.
        let key: UInt64
        let timestamp: Timestamp
        let isDelete: Bool
    }

    struct Entry: BitwiseCopyable {
        let dot: Dot
        /// The number of a `SCUTTLE_E_…` without its sign; 0: the update is missing.
        let reason: UInt8
        let write: Write
        /// The sequence at which the entry was announced to peers; 0 before the vector covers it.
        fileprivate(set) var announcedAt: UInt64
        /// The sequence at which a delta named the entry last.
        fileprivate(set) var namedAt: UInt64
    }

    private var entries = Column<Entry>()
    private let dots = DotOrder()
    private var keys = HashIndex()
    /// The announced entries in order, among outdated ones.
    private var order: [(announcedAt: UInt64, dot: Dot)] = []
    private var outdated = 0
    /// The positions of the entries that are not announced, by `namedAt`, under the source 0.
    private let unannounced = DotOrder()
    /// The latest sequence: a counter of the entries that were inserted, announced and named again.
    private(set) var lastSequence: UInt64
    /// The highest version that an entry has had.
    private(set) var highest: Version = 0
    /// The entries that the vector covers: their part in its hash, and their number. No replica announces the others, so replicas
    /// that have them and replicas that do not are in step.
    private(set) var hash = VectorHash()
    private(set) var coveredCount = 0
    /// The number of entries without a reason.
    private(set) var missingCount = 0

    init(after sequence: UInt64 = 0) {
        lastSequence = sequence
    }

    var count: Int { entries.count }
    /// The lowest version of an entry without a reason; nil if there is none. O(1), and O(entries) after one of them was removed.
    var lowestMissing: Version? {
        guard missingCount > 0 else { return nil }
        if let knownLowest { return knownLowest }
        var lowest = Version.max
        for position in 0..<entries.count where entries[position].reason == 0 {
            lowest = min(lowest, entries[position].dot.version)
        }
        knownLowest = lowest
        return lowest
    }
    private var knownLowest: Version?

    subscript(position: Int) -> Entry { entries[position] }

    @inline(never)
    func find(_ dot: Dot) -> Int? {
        dots.find(dot).map { Int($0) }
    }

    /// Returns the position of an entry of a key that `matches` accepts.
    func find(key: UInt64, where matches: (Entry) -> Bool) -> Int? {
        keys.find(key) { entries[Int($0)].write.key == key && matches(entries[Int($0)]) }.map { Int($0) }
    }

    /// Returns the first version of a source above `low`; `.max` if there is none. O(log entries).
    func firstVersion(of source: SourceID, above low: Version) -> Version {
        guard let slot = dots.first(from: Dot(source: source, version: low + 1)), slot.dot.source == source else {
            return .max
        }
        return slot.dot.version
    }

    /// Visits the positions of a source's entries with versions above `low` and up to `high`, in order. O(log entries) for each.
    func forEach(of source: SourceID, above low: Version, upTo high: Version, _ visit: (Int) -> Void) {
        dots.forEach(of: source, above: low, upTo: high) { visit(Int($0.value)) }
    }

    /// Counts an entry in the hash, or ends that, if the vector covers it.
    @inline(never)
    func count(_ dot: Dot, _ reason: UInt8, in source: Source, _ change: Int) {
        guard dot.version <= source.covered else { return }
        coveredCount += change
        let mark = FoldHash.fold(source.mark ^ FoldHash.key.0, reason == 0 ? FoldHash.key.2 : FoldHash.key.1)
        if change > 0 { hash.addRetired(mark, dot.version) } else { hash.removeRetired(mark, dot.version) }
    }

    /// The position of an entry with a reason; nil if there is none. O(entries).
    var positionOfRefused: Int? {
        guard missingCount < entries.count else { return nil }
        return (0..<entries.count).first { entries[$0].reason != 0 }
    }

    /// The codes for which a replica refuses an update.
    static var reasons: [Failure.Code] { [.valueSize, .keySize, .depth, .refused, .datagram, .keys, .bytes] }

    static func unknown(_ dot: Dot) -> Write {
        Write(key: 0, timestamp: Timestamp(of: dot), isDelete: false)
    }

    /// Inserts an entry that has none of its dot yet, and of which only the dot is known.
    func insert(_ dot: Dot, reason: UInt8) {
        insert(dot, reason: reason, Self.unknown(dot), isAnnounced: false)
    }

    /// Inserts an entry that has none of its dot yet.
    @inline(never)
    func insert(_ dot: Dot, reason: UInt8, _ write: Write, isAnnounced: Bool) {
        lastSequence += 1
        highest = max(highest, dot.version)
        if reason == 0 {
            missingCount += 1
            if let lowest = knownLowest { knownLowest = min(lowest, dot.version) }
        }
        entries.append(Entry(dot: dot, reason: reason, write: write, announcedAt: 0, namedAt: lastSequence))
        list(entries.count - 1)
        if isAnnounced { announce(at: entries.count - 1) }
    }

    /// Announces an entry to peers, because the vector covers it.
    func announce(at position: Int) {
        unannounced.remove(Dot(source: 0, version: entries[position].namedAt))
        lastSequence += 1
        entries[position].announcedAt = lastSequence
        order.append((lastSequence, entries[position].dot))
    }

    /// Notes that a delta names an entry again.
    func noteNamed(at position: Int) {
        unlist(position)
        lastSequence += 1
        entries[position].namedAt = lastSequence
        list(position)
    }

    /// Returns the position of the entry that is not announced and was named least recently, if that was at or before a sequence.
    func leastRecent(before sequence: UInt64) -> Int? {
        guard let slot = unannounced.first(from: Dot(source: 0, version: 0)), slot.dot.version <= sequence else {
            return nil
        }
        return Int(slot.value)
    }

    /// Removes an entry. The last entry moves to its position.
    @inline(never)
    func remove(at position: Int) {
        if entries[position].reason == 0 {
            missingCount -= 1
            if entries[position].dot.version == knownLowest { knownLowest = nil }
        }
        if entries[position].announcedAt > 0 { outdated += 1 }
        swapRemove(at: position)
        guard outdated > entries.count + 16 else { return }
        order.removeAll { current($0) == nil }
        outdated = 0
    }

    @inline(never)
    private func swapRemove(at position: Int) {
        unlist(position)
        guard position < entries.count - 1, let last = entries.last else {
            _ = entries.popLast()
            return
        }
        unlist(entries.count - 1)
        _ = entries.popLast()
        entries[position] = last
        list(position)
    }

    /// Removes all entries of a source, whose id ends. Returns whether there were some. O(log entries) for each.
    @discardableResult
    func removeAll(of source: SourceID) -> Bool {
        let before = entries.count
        while let slot = dots.first(from: Dot(source: source, version: 0)), slot.dot.source == source {
            remove(at: Int(slot.value))
        }
        return entries.count < before
    }

    /// Returns the first entry that was announced after a sequence. O(log entries), and O(1) for each outdated one.
    @inline(never)
    func next(after sequence: UInt64) -> Entry? {
        for index in order.indices.partition({ order[$0].announcedAt > sequence })..<order.count {
            if let entry = current(order[index]) { return entry }
        }
        return nil
    }

    private func current(_ item: (announcedAt: UInt64, dot: Dot)) -> Entry? {
        find(item.dot).flatMap { entries[$0].announcedAt == item.announcedAt ? entries[$0] : nil }
    }

    @inline(never)
    private func list(_ position: Int) {
        let number = UInt32(truncatingIfNeeded: position)
        dots.insert(entries[position].dot, number)
        if entries[position].announcedAt == 0 {
            unannounced.insert(Dot(source: 0, version: entries[position].namedAt), number)
        }
        if entries[position].write.key != 0 { keys.insert(entries[position].write.key, number) }
    }

    @inline(never)
    private func unlist(_ position: Int) {
        let number = UInt32(truncatingIfNeeded: position)
        dots.remove(entries[position].dot)
        unannounced.remove(Dot(source: 0, version: entries[position].namedAt))
        if entries[position].write.key != 0 { keys.remove(entries[position].write.key, number) }
    }
}
