internal import CScuttle
internal import ScuttleC

extension Replica {
    /// Returns the entry of a key; nil if it is absent or deleted. Readable in callbacks.
    ///
    /// - Throws: ``ScuttleError/Code/key``, ``ScuttleError/Code/keySize``, ``ScuttleError/Code/nul``, ``ScuttleError/Code/memory``.
    /// - Complexity: O(length of key and value).
    public func get(_ key: String) throws(ScuttleError) -> Entry? {
        var capacity = 1_000
        while true {
            var needed = 0
            var entry: Entry?
            let code = withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
                withText(key) { text, count in
                    var view = scuttle_entry_t()
                    let code = scuttle_get_copy(handle, text, count, buffer.baseAddress, buffer.count, &needed, &view)
                    if code == SCUTTLE_OK { entry = Entry(key: key, view) }
                    return code
                }
            }
            // Another thread may set a longer value meanwhile.
            guard code == SCUTTLE_E_SPACE, needed > capacity else {
                _ = try self.code { _ in code }
                return entry
            }
            capacity = needed
        }
    }

    /// The value of a key; nil if it is absent or deleted. As ``get(_:)``, without source and version.
    public subscript(_ key: String) -> JSONText? {
        get throws(ScuttleError) { try get(key)?.value }
    }

    /// The number of keys that hold a value. Readable in callbacks.
    public var count: Int {
        get throws(ScuttleError) {
            var count = 0
            _ = try code { scuttle_count($0, &count) }
            return count
        }
    }

    /// Returns the entries of many keys, in the order of the keys; nil for a key that is absent or deleted. Readable in callbacks.
    ///
    /// It is one consistent state. In a large map this is several times faster than ``get(_:)`` for each key.
    /// - Throws: The errors of ``get(_:)``, for the first invalid key.
    /// - Complexity: O(length of keys and values).
    public func entries(for keys: [String]) throws(ScuttleError) -> [Entry?] {
        var found = FoundEntries(keys: keys)
        found.entries.reserveCapacity(keys.count)
        let names = PackedTexts(keys)
        _ = try code { replica in
            names.withViews { views in
                let keys = views.map { scuttle_key_t(key: $0.start, key_len: $0.count) }
                return withUnsafeMutablePointer(to: &found) { found in
                    let take: scuttle_entry_fn = { context, index, entry in
                        context?.assumingMemoryBound(to: FoundEntries.self).pointee.append(entry?.pointee, at: index)
                        return 0
                    }
                    return scuttle_get_many(replica, keys, keys.count, take, found)
                }
            }
        }
        return found.entries
    }

    /// Returns the entries whose keys begin with `prefix`, in the byte order of keys: one consistent state, copied. Readable in
    /// callbacks.
    ///
    /// - Throws: ``ScuttleError/Code/forked`` only. No key begins with an invalid prefix.
    /// - Complexity: O(log n + bytes of the entries), and O(k log k + n) before that if k of n keys are new since the last call.
    public func entries(prefix: String = "") throws(ScuttleError) -> [Entry] {
        var entries: [Entry] = []
        try visitEntries(prefix: prefix) { entry in
            entries.append(entry)
            return true
        }
        return entries
    }

    /// Visits the entries whose keys begin with `prefix`, in the byte order of keys, until `visit` returns false. Readable in callbacks.
    ///
    /// `visit` runs under the lock, so it sees one consistent state, and may make the calls that callbacks may make.
    /// - Throws: as ``entries(prefix:)``.
    /// - Complexity: as ``entries(prefix:)``, for the visited entries.
    public func visitEntries(prefix: String = "", _ visit: (Entry) -> Bool) throws(ScuttleError) {
        _ = try code { replica in
            withVisitor({ visit(Entry($0)) }) { visitor, context in
                withText(prefix) { scuttle_state(replica, $0, $1, visitor, context) }
            }
        }
    }

    /// The highest version seen, here or from peers; 0 before the first. Readable in callbacks.
    public var version: UInt64 {
        get throws(ScuttleError) {
            var version: UInt64 = 0
            _ = try code { scuttle_version($0, &version) }
            return version
        }
    }

    /// The version vector: every known source, with the version up to which its updates are accounted for here. Readable in callbacks.
    ///
    /// - Complexity: O(s log s) for s sources.
    public var versionVector: [String: UInt64] {
        get throws(ScuttleError) {
            var vector: [String: UInt64] = [:]
            _ = try code { replica in
                withUnsafeMutablePointer(to: &vector) { vector in
                    let take: scuttle_clock_fn = { context, source, count, version in
                        let vector = context?.assumingMemoryBound(to: [String: UInt64].self)
                        vector?.pointee[String(borrowed: source, count)] = version
                        return 0
                    }
                    return scuttle_clock(replica, take, vector)
                }
            }
            return vector
        }
    }

    /// A number that is equal in two replicas if and only if they hold the same keys, values and timestamps. For tests; not
    /// cryptographic.
    ///
    /// - Complexity: O(bytes of the keys and values that have arrived since the last call).
    public var fingerprint: UInt64 {
        get throws(ScuttleError) {
            var fingerprint: UInt64 = 0
            _ = try code { scuttle_fingerprint($0, &fingerprint) }
            return fingerprint
        }
    }
}

/// Lends a closure as a visitor of the C interface.
func withVisitor<Result>(
    _ visit: (scuttle_update_t) -> Bool,
    _ body: (scuttle_visit_fn, UnsafeMutableRawPointer) -> Result
) -> Result {
    withoutActuallyEscaping(visit) { visit in
        var visitor = visit
        return withUnsafeMutablePointer(to: &visitor) { visitor in
            body(
                { context, view in
                    guard let view, let visitor = context?.assumingMemoryBound(to: ((scuttle_update_t) -> Bool).self)
                    else {
                        return 1
                    }
                    return visitor.pointee(view.pointee) ? 0 : 1
                }, visitor)
        }
    }
}

/// The result of a visit of many keys.
private struct FoundEntries {
    let keys: [String]
    var entries: [Entry?] = []

    mutating func append(_ view: scuttle_entry_t?, at index: Int) {
        entries.append(view.map { Entry(key: keys[index], $0) })
    }
}
