/// No contest: what a set costs in whole, as the core does it, so that a part can be held against it.
///
/// Without the call from C, its lock and the check of the value, which come on top.
func measureWholeSet(_ scale: Scale, _ ledger: Ledger) {
    for count in [1000, 10_000, 100_000, 1_000_000].map(scale.size) {
        let drawn = max(scale.operations, 1000)
        var draw = Draw(seed: UInt64(count))
        let new = KeyTexts(Array(0..<count))
        let known = KeyTexts((0..<drawn).map { _ in draw.below(count) })
        for _ in 0..<scale.rounds(3) {
            guard let id = try? ReplicaID(Bytes("whole")) else { return }
            var spent = (inserting: 0.0, overwriting: 0.0)
            var bytes = 0.0
            let repeats = scale.repeats(of: count)
            for last in (0..<repeats).reversed() {
                let empty = Heap.bytes
                let replica = Replica(id: id, configuration: Configuration())
                spent.inserting += Stopwatch.time { set(new, in: replica) }
                bytes = (Heap.bytes - empty) / Double(count)
                if last == 0 { spent.overwriting = Stopwatch.time { set(known, in: replica) } }
            }
            let row = "\(short(count)) keys"
            let table = "A set in whole, ns"
            ledger.note(table, .nanoseconds, row: row, "a new key", spent.inserting / Double(repeats * count))
            ledger.note(table, .nanoseconds, row: row, "overwrite by chance", spent.overwriting / Double(drawn))
            ledger.note("A key in whole, bytes", .bytes, row: row, "with its record", bytes)
        }
    }
}

private func set(_ keys: borrowing KeyTexts, in replica: Replica) {
    for place in 0..<keys.count { try? replica.set(keys[place], to: Bytes("true")) }
}
