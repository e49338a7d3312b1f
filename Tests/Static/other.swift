// Another library in Embedded Swift: it brings runtime stubs of its own, of the same names as libscuttle's.

final class Tally {
    var counts: [Int] = []
    var children: [Tally] = []

    func add(_ number: Int) -> Int {
        counts.append(number)
        let child = Tally()
        child.counts = counts.reversed()
        children.append(child)
        return children.reduce(0) { $0 + $1.counts.reduce(0, +) }
    }
}

private var tally = Tally()

/// Adds the number to all before it, and returns the sum of the sums.
@_cdecl("other_add")
public func otherAdd(_ number: Int) -> Int { tally.add(number) }

/// Returns the hash of a text, by the standard library's own hashing of bytes.
@_cdecl("other_count")
public func otherCount(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var seen: [UInt8: Int] = [:]
    for index in 0..<count { seen[bytes[index], default: 0] += 1 }
    return seen.count
}
