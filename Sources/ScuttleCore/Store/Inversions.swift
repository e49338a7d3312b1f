/// Keys whose entry has beaten a value with a newer dot than its own: only republished values can be beaten so.
///
/// Whoever has lost the entry since, to a tombstone that is forgotten by now, has taken the beaten value, and the entry's dot
/// is no news there any more. So the entry has to be republished before anybody relies on what this replica covers. Few, and
/// for a short time. Note, remove: O(1) expected.
struct Inversions: ~Copyable {
    private var index = HashIndex()
    private var keys = Column<KeyID>()
    private var dots = Column<Dot>()

    var isEmpty: Bool { keys.isEmpty }

    /// The newest dot that the entry of a key has beaten; nil where it is not inverted.
    subscript(key: KeyID) -> Dot? {
        find(key).map { dots[Int($0)] }
    }

    mutating func note(_ key: KeyID, _ beaten: Dot) {
        if let position = find(key) {
            dots[Int(position)] = beaten
            return
        }
        index.insert(Self.hash(key), UInt32(truncatingIfNeeded: keys.count))
        keys.append(key)
        dots.append(beaten)
    }

    /// The last one takes the place.
    mutating func remove(_ key: KeyID) {
        guard let position = find(key), let last = keys.popLast(), let dot = dots.popLast() else { return }
        index.remove(Self.hash(key), position)
        guard last != key else { return }
        index.remove(Self.hash(last), UInt32(truncatingIfNeeded: keys.count))
        index.insert(Self.hash(last), position)
        keys[Int(position)] = last
        dots[Int(position)] = dot
    }

    /// One of them, to be dealt with and removed.
    var last: KeyID? { keys.last }

    private func find(_ key: KeyID) -> UInt32? {
        index.find(Self.hash(key)) { keys[Int($0)] == key }
    }

    private static func hash(_ key: KeyID) -> UInt64 {
        RandomSource.mix(UInt64(key) &+ 1)
    }
}
