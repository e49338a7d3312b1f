/// The inverted keys: those whose entry has beaten a value with a newer dot than the entry's. Only a republished value can be
/// beaten so.
///
/// A peer that has lost the entry to a tombstone, and has purged the tombstone since, has applied the beaten value. It does not
/// accept the entry again, because it covers the entry's dot. So the replica republishes an inverted entry before any peer relies
/// on what the replica covers. Keys are few, and inverted for a short time. Note, remove: O(1) expected.
struct Inversions: ~Copyable {
    private var index = HashIndex()
    private var keys = Column<KeyID>()
    private var dots = Column<Dot>()

    var isEmpty: Bool { keys.isEmpty }

    /// The newest dot that the entry of a key has beaten; nil if the key is not inverted.
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

    /// Removes a key. The last key moves to its position.
    mutating func remove(_ key: KeyID) {
        guard let position = find(key), let last = keys.popLast(), let dot = dots.popLast() else { return }
        index.remove(Self.hash(key), position)
        guard last != key else { return }
        index.remove(Self.hash(last), UInt32(truncatingIfNeeded: keys.count))
        index.insert(Self.hash(last), position)
        keys[Int(position)] = last
        dots[Int(position)] = dot
    }

    /// The last key that was noted or moved.
    var last: KeyID? { keys.last }

    private func find(_ key: KeyID) -> UInt32? {
        index.find(Self.hash(key)) { keys[Int($0)] == key }
    }

    private static func hash(_ key: KeyID) -> UInt64 {
        RandomSource.mix(UInt64(key) &+ 1)
    }
}
