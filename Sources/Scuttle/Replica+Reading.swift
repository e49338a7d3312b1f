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

    // MARK: Saves

    /// Exports the whole replica: its source, version vector, entries, tombstones and times to live, as lines.
    ///
    /// A replica that imports the lines holds the same map, and continues as another incarnation.
    /// - Complexity: O(bytes held).
    public func export() throws(ScuttleError) -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try code { replica in
            withUnsafeMutablePointer(to: &bytes) { bytes in
                let take: scuttle_line_fn = { context, line, count in
                    let bytes = context?.assumingMemoryBound(to: [UInt8].self)
                    bytes?.pointee.append(contentsOf: UnsafeRawBufferPointer(start: line, count: count))
                    return 0
                }
                return scuttle_export(replica, take, bytes)
            }
        }
        return bytes
    }

    /// Imports a save of ``export()``, of any age and length, or lines of updates. Only a new replica can, before any other
    /// call.
    ///
    /// - Returns: ``Outcome/done``; ``Outcome/truncated`` if the last line is cut or the end of an export is missing: the rest
    ///   is imported, and peers send the missing updates again.
    /// - Throws: ``ScuttleError/Code/argument`` if the replica is not new; for a bad line the errors of
    ///   ``Link/write(_:)-([UInt8])``, and then nothing is imported.
    /// - Complexity: O(n log n) for n bytes.
    @discardableResult
    public func `import`(_ bytes: [UInt8]) throws(ScuttleError) -> Outcome {
        try outcome { replica in bytes.withUnsafeBytes { scuttle_import(replica, $0.baseAddress, $0.count) } }
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
