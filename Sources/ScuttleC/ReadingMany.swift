import CScuttle
import ScuttleCore

extension Replica {
    /// Visits the entry of each key in the order of the keys, group by group, until the host stops.
    /// - Throws: the errors of `lookup` for the first invalid key, and `.memory`. The keys before it were visited.
    func visitEntries(
        of keys: UnsafePointer<scuttle_key_t>, _ count: Int, _ limit: Int, _ visit: scuttle_entry_fn,
        _ context: UnsafeMutableRawPointer?
    ) throws(Failure) {
        let group = UnsafeMutablePointer<Lookup>.allocate(capacity: Self.lookupGroup)
        defer { group.deallocate() }
        // Not the buffer of scuttle_get, which `visit` may call.
        var value = ByteBuffer()
        var index = 0
        while index < count {
            var size = 0
            do throws(Failure) {
                while size < Self.lookupGroup, index &+ size < count {
                    let key = keys[index &+ size]
                    try (group + size).initialize(to: lookup(text(key.key, key.key_len, limit: limit, "key")))
                    size &+= 1
                }
            } catch {
                // The invalid key becomes the first of the next group, unless `visit` ends the call before.
                if size == 0 { throw error }
            }
            fetch(group, size)
            for position in 0..<size {
                let result: CInt
                if let entry = entry(of: group[position]) {
                    try Memory.check(entry.value.count &+ 1)
                    value.set(terminated: entry.value)
                    var shown = view(of: entry, value.bytes)
                    result = visit(context, index, &shown)
                } else {
                    result = visit(context, index, nil)
                }
                guard result == 0 else { return }
                index &+= 1
            }
        }
    }
}
