internal import CScuttle
internal import ScuttleC

/// A key-value map that replicates to its peers.
///
/// Keys are strings, values are JSON texts. Each replica has a name of its own, and each start of it is an incarnation that
/// writes under a source of its own. A replica opens no socket, starts no thread and reads no clock: its host carries the bytes
/// of its links, gossips from time to time, and passes it the time if keys have a time to live.
///
/// Calls throw ``ScuttleError``, after which nothing has changed. Each may throw ``ScuttleError/Code/forked`` in the child of a
/// fork. In a callback of the replica, each throws ``ScuttleError/Code/busy``, except those that are readable in callbacks.
///
/// It is `Sendable`, though the compiler cannot verify it: one lock serialises all calls on a replica and its links, and the
/// closures of its ``Configuration`` are `Sendable`, because they run on the thread of any call. A replica closes when it is
/// released; its links keep it alive.
public final class Replica: @unchecked Sendable {
    /// The name of the replica.
    public let name: String
    /// The source that the replica writes under: its name and its incarnation.
    public let source: String
    /// Whether ``Configuration/state`` was truncated: its last line was cut, or the end of an export was missing. Peers send the rest.
    public let isTruncated: Bool

    /// The version of the library, such as "0.2.0".
    public static var libraryVersion: String { String(cString: scuttle_library_version()) }

    let handle: OpaquePointer
    let callbacks: Callbacks
    private let store: StoreCalls?
    /// Links that a callback has closed.
    private let deferred = Locked([OpaquePointer]())

    /// Makes a replica.
    ///
    /// - Parameters:
    ///   - name: 1 to 246 bytes of UTF-8, unique among the replicas that run at one time; with ``Configuration/usesExactID`` up to 255.
    ///   - configuration: The defaults suit most hosts.
    /// - Throws: ``ScuttleError/Code/id``, ``ScuttleError/Code/nul`` for the name; ``ScuttleError/Code/argument`` for a
    ///   configuration that is out of range; ``ScuttleError/Code/memory``; for a bad line of ``Configuration/state`` what ``import(_:)``
    ///   throws; ``ScuttleError/Code/store`` if ``Configuration/stateStore`` has failed.
    public init(_ name: String, _ configuration: Configuration = Configuration()) throws(ScuttleError) {
        // The library reads both up to a NUL.
        guard !name.utf8.contains(0) else { throw ScuttleError(.nul, "the name contains U+0000") }
        guard configuration.cluster?.utf8.contains(0) != true else {
            throw ScuttleError(.nul, "the cluster name contains U+0000")
        }
        var config = scuttle_config_t()
        try configuration.fill(&config)
        var kept = configuration
        kept.state = nil
        let callbacks = Callbacks(kept)
        callbacks.fill(&config)
        let store = configuration.stateStore.map(StoreCalls.init)
        var handle: OpaquePointer?
        let code = name.withCString { name in
            (configuration.cluster ?? "").withCString { cluster in
                config.cluster = cluster
                return withText(configuration.state ?? []) { state, count in
                    if configuration.state != nil { (config.state, config.state_len) = (state, count) }
                    guard let store else { return scuttle_new(name, &config, &handle) }
                    return withUnsafePointer(to: store.view) { view in
                        config.state_store = view
                        return scuttle_new(name, &config, &handle)
                    }
                }
            }
        }
        guard let handle, code >= 0 else {
            let error = ScuttleError(code)
            throw store?.explain(error) ?? error
        }
        var (source, count): (UnsafePointer<CChar>?, Int) = (nil, 0)
        scuttle_id(handle, &source, &count)
        self.name = name
        self.source = String(borrowed: source, count)
        self.isTruncated = code == SCUTTLE_TORN
        self.handle = handle
        self.callbacks = callbacks
        self.store = store
        callbacks.begin(self)
    }

    deinit {
        callbacks.end()
        // Closes the links in `deferred`, too.
        scuttle_free(handle)
    }

    // MARK: Writing

    /// Sets a key: a local write, with a version one above the highest seen anywhere.
    ///
    /// - Parameters:
    ///   - key: 1 to ``Configuration/maxKeyBytes`` bytes of UTF-8, without U+0000.
    ///   - value: A JSON text.
    ///   - timeToLive: The first ``tick(milliseconds:)`` after this time deletes the key; peers do so if this name is gone. It
    ///     is rounded up to milliseconds; nil: the key stays.
    ///   - renews: Whether the replica writes the value again at half of the time to live, while it is there and ticks, until a later
    ///     write of the key. It does not outlast the replica: the next start calls again.
    /// - Returns: ``Outcome/done``, or ``Outcome/full``: set, and a link is full.
    /// - Throws: ``ScuttleError/Code/key``, ``ScuttleError/Code/keySize``, ``ScuttleError/Code/nul`` for the key;
    ///   ``ScuttleError/Code/utf8``, ``ScuttleError/Code/valueSize``, ``ScuttleError/Code/depth``, ``ScuttleError/Code/json``,
    ///   ``ScuttleError/Code/duplicate``, ``ScuttleError/Code/number`` for the value; ``ScuttleError/Code/argument`` for a negative time
    ///   to live, and for none or zero with `renews`; ``ScuttleError/Code/keys``, ``ScuttleError/Code/bytes``, ``ScuttleError/Code/exhausted``, ``ScuttleError/Code/memory``;
    ///   ``ScuttleError/Code/unsupported`` once the replica has retired its own name, and for a time to live with a resolver that counts none.
    /// - Complexity: O(length of key and value); O(log t) more with a time to live, for t keys that have one.
    @discardableResult
    public func set(
        _ key: String, to value: JSONText, timeToLive: Duration? = nil, renews: Bool = false
    ) throws(ScuttleError) -> Outcome {
        let time = try Lease.milliseconds(timeToLive, renews: renews)
        return try outcome { replica in
            withText(key) { key, keyCount in
                withText(value.bytes) { value, count in
                    guard let time else { return scuttle_set(replica, key, keyCount, value, count) }
                    return scuttle_set_ttl(replica, key, keyCount, value, count, time)
                }
            }
        }
    }

    /// Deletes a key: a local write, whose tombstone spreads to peers. An absent key may be deleted, too.
    ///
    /// - Returns: ``Outcome/done``, or ``Outcome/full``: deleted, and a link is full.
    /// - Throws: The errors of ``set(_:to:timeToLive:renews:)`` for a key, and ``ScuttleError/Code/bytes``, ``ScuttleError/Code/exhausted``,
    ///   ``ScuttleError/Code/unsupported``.
    /// - Complexity: O(length of the key).
    @discardableResult
    public func remove(_ key: String) throws(ScuttleError) -> Outcome {
        try outcome { replica in withText(key) { scuttle_delete(replica, $0, $1) } }
    }

    // MARK: Replication

    /// Opens a link: the conversation with one peer. It closes itself when it is released.
    ///
    /// - Throws: ``ScuttleError/Code/argument`` for options that exclude each other, ``ScuttleError/Code/links``,
    ///   ``ScuttleError/Code/cluster`` for a classic link of a replica with a cluster, ``ScuttleError/Code/memory``.
    /// - Complexity: O(1).
    public func openLink(_ options: Link.Options = []) throws(ScuttleError) -> Link {
        var config = scuttle_link_config_t()
        config.struct_size = MemoryLayout<scuttle_link_config_t>.size
        config.flags = options.rawValue
        var link: OpaquePointer?
        _ = try outcome { scuttle_link_open($0, &config, &link) }
        guard let link else { throw ScuttleError(SCUTTLE_E_MEMORY) }
        return Link(self, link, options)
    }

    /// Requests updates from every peer. Call it when a link is new, and from time to time.
    ///
    /// - Returns: ``Outcome/done``, or ``Outcome/full``: the request waits, because a link is full.
    @discardableResult
    public func gossip() throws(ScuttleError) -> Outcome {
        try outcome { scuttle_gossip($0) }
    }

    /// Advances the time, in milliseconds by any clock of the host's that does not go back: renews the keys that are due, and deletes
    /// those whose time to live has ended.
    ///
    /// The time matters for times to live and ``Configuration/retireAfter`` only. A call writes 4,096 keys at most.
    /// - Returns: ``Outcome/more`` if more keys are due: call again until the outcome differs. ``Outcome/full`` if a link is
    ///   full.
    /// - Throws: ``ScuttleError/Code/exhausted``.
    /// - Complexity: O(log t) for each key that is renewed or expires, of t with a time to live; O(1) if none does.
    @discardableResult
    public func tick(milliseconds: UInt64) throws(ScuttleError) -> Outcome {
        try outcome { scuttle_tick($0, milliseconds) }
    }

    /// Purges all covered tombstones, stable or not, and returns their count.
    ///
    /// - Throws: ``ScuttleError/Code/unsupported`` with a custom ``Resolver``.
    /// - Complexity: O(t log n) for t tombstones and n keys.
    @discardableResult
    public func purge() throws(ScuttleError) -> Int {
        var count = 0
        _ = try outcome { scuttle_purge($0, &count) }
        return count
    }

    /// Retires a name, here and at every replica that learns of it: it will not return, so tombstone garbage collection no
    /// longer waits for it. A replica that retires its own name leaves: later writes throw ``ScuttleError/Code/unsupported``.
    ///
    /// - Returns: Whether the name is known.
    @discardableResult
    public func retire(_ name: String) throws(ScuttleError) -> Bool {
        let code = try code { replica in withText(name) { scuttle_forget(replica, $0, $1) } }
        return code != SCUTTLE_NOT_FOUND
    }

    /// Drops all refusals. With the next gossip, peers send again the updates that a limit or ``Configuration/accept`` has
    /// refused.
    ///
    /// - Complexity: O(refusals + links).
    public func acceptAgain() throws(ScuttleError) {
        _ = try outcome { scuttle_accept_again($0) }
    }

    // MARK: Changes

    /// The changes from now on, for 1,024 keys: see ``changes(limit:)``.
    public var changes: Changes { changes(limit: 1_024) }

    /// Returns the changes from now on. Each call makes a sequence of its own, for one consumer.
    ///
    /// The pending changes are the latest update of each key, in the order of arrival, so a slow consumer misses updates that
    /// were superseded. If more than `limit` keys are pending, all of them are dropped, and the consumer receives
    /// ``Changes/Element/missed`` in their place. An ``import(_:)`` is not a change. Readable in callbacks.
    /// - Parameter limit: At least 1; less counts as 1.
    /// - Complexity: O(1) for each update and sequence.
    public func changes(limit: Int) -> Changes {
        let buffer = ChangeBuffer(limit: limit)
        callbacks.add(buffer)
        return Changes(buffer: buffer)
    }

    // MARK: Calls of the library

    /// Makes a call.
    /// - Returns: Its code, which is not negative.
    func code(_ body: (OpaquePointer) -> CInt) throws(ScuttleError) -> CInt {
        let code = body(handle)
        let failure = code < 0 ? error(code) : nil
        closeDeferred()
        if let failure { throw failure }
        return code
    }

    func outcome(_ body: (OpaquePointer) -> CInt) throws(ScuttleError) -> Outcome {
        Outcome(rawValue: try code(body)) ?? .done
    }

    /// Returns the error of a call, with its particulars.
    func error(_ code: CInt) -> ScuttleError {
        // The library rejects these calls before it holds the lock, so the message may be that of another error.
        guard code != SCUTTLE_E_BUSY, code != SCUTTLE_E_FORKED, let kind = ScuttleError.Code(rawValue: code) else {
            return ScuttleError(code)
        }
        let message = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress else { return "" }
            scuttle_errmsg_copy(handle, start, buffer.count)
            return String(cString: start)
        }
        let error = message.isEmpty ? ScuttleError(code) : ScuttleError(kind, message)
        return code == SCUTTLE_E_STORE ? store?.explain(error) ?? error : error
    }

    /// Closes the handle of a link that nobody uses. In a callback, in which the library closes no links, the handle is closed
    /// after the call.
    func close(_ link: OpaquePointer) {
        callbacks.remove(link)
        // Consuming 0 bytes has no effect, and is rejected in callbacks.
        guard scuttle_link_consume(link, 0) == SCUTTLE_E_BUSY else { return scuttle_link_close(link) }
        deferred.withLock { $0.append(link) }
    }

    func closeDeferred() {
        let links = deferred.withLock { links in
            defer { if !links.isEmpty { links = [] } }
            return links
        }
        for link in links { close(link) }
    }
}
