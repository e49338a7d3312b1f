internal import CScuttle
internal import ScuttleC

/// The conversation of a replica with one peer. ``Replica/openLink(_:)`` opens it.
///
/// Send what ``read(upTo:)`` returns, over an ordered stream of bytes such as a TCP connection, or as datagrams, and pass the
/// peer's bytes to ``write(_:)-([UInt8])``. Open a new link for each connection. A link keeps its replica alive, and closes
/// itself when it is released. After ``close()`` each call throws ``ScuttleError/Code/argument``.
///
/// It is `Sendable`, though the compiler cannot verify it: one lock serialises all calls on a replica and its links, and
/// another guards the link's handle and the count of its users.
public final class Link: @unchecked Sendable {
    /// The options of a link.
    public struct Options: OptionSet, Hashable, Sendable {
        /// The bits of the C interface.
        public let rawValue: UInt32

        /// Makes options of the bits of the C interface.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// Sends new updates without a request, after the first reconciliation.
        public static let live = Options(rawValue: SCUTTLE_LINK_LIVE)
        /// Each read makes one datagram, each write reads one. They may be lost, repeated, late and in any order.
        public static let datagram = Options(rawValue: SCUTTLE_LINK_DATAGRAM)
        /// Rejects updates of the peer, and serves its requests.
        public static let readOnly = Options(rawValue: SCUTTLE_LINK_READ_ONLY)
        /// Speaks the classic dialect only, that of simple-scuttle.
        public static let classic = Options(rawValue: SCUTTLE_LINK_CLASSIC)
        /// Speaks the dialect of the peer.
        public static let any = Options(rawValue: SCUTTLE_LINK_ANY)
        /// With ``classic`` or ``any``: deltas include superseded updates of the history.
        public static let history = Options(rawValue: SCUTTLE_LINK_HISTORY)
    }

    /// The state of a link.
    public struct Info: Hashable, Sendable {
        /// The dialect of a link.
        public enum Dialect: UInt32, Hashable, Sendable {
            /// No valid message has arrived yet, or the link has ended.
            case unknown = 0
            /// The dialect of simple-scuttle.
            case classic = 1
            /// The dialect of this library.
            case extended = 2
        }

        /// The name that the peer claims in its hello; nil before that, and for classic peers.
        public let peerName: String?
        /// The peer's source; nil as for ``peerName``.
        public let peerSource: String?
        /// The dialect that the peer speaks.
        public let dialect: Dialect
        /// Whether both version vectors were equal at the latest comparison.
        public let isInStep: Bool
        /// Whether the peer gets new updates without a request.
        public let isLive: Bool
        /// Whether the link has ended and cannot be used again.
        public let hasEnded: Bool
        /// The error of the latest call on this link that failed; once the link has ended, the reason.
        public let lastError: ScuttleError.Code?
        /// The entries, tombstones included, that the peer is not known to have. Only what the peer has stated counts, and the next
        /// gossip brings a statement. Above 1,024 some superseded updates may count.
        public let lag: UInt64
        /// The version up to which the peer is known to have the writes of this replica; 0: none.
        public let confirmedVersion: UInt64
        /// The bytes that the link has received.
        public let bytesIn: UInt64
        /// The bytes that were read from the link.
        public let bytesOut: UInt64
        /// The whole lines among ``bytesIn``.
        public let messagesIn: UInt64
        /// The whole lines among ``bytesOut``.
        public let messagesOut: UInt64
    }

    /// The replica that the link belongs to.
    public let replica: Replica
    /// The options with which the link was opened.
    public let options: Options

    /// The handle, nil once the link is closed, with the count of its users. The last user closes it: a lock held for the whole
    /// call would deadlock with the replica's lock in a callback.
    fileprivate struct Use {
        var handle: OpaquePointer?
        var users = 0
        var isClosed = false
    }
    private let use: Locked<Use>

    init(_ replica: Replica, _ handle: OpaquePointer, _ options: Options) {
        self.replica = replica
        self.options = options
        use = Locked(Use(handle: handle))
        replica.callbacks.add(self, handle)
    }

    deinit {
        close()
    }

    /// Reads bytes of the peer: any number of lines, cut anywhere; on a datagram link one datagram.
    ///
    /// Each line is a message of its own. Malformed lines are rejected and change nothing, the other lines are applied, and the
    /// call throws the error of the first bad line.
    /// - Returns: ``Outcome/done``; ``Outcome/full`` if this link is full.
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed, ``ScuttleError/Code/busy`` in a callback, and the errors
    ///   of a message: ``ScuttleError/Code/json``, ``ScuttleError/Code/unasked``, ``ScuttleError/Code/refused``, and the others
    ///   that `scuttle_link_write` names. After ``ScuttleError/Code/cluster``, ``ScuttleError/Code/protocolVersion`` and
    ///   ``ScuttleError/Code/rejected`` the link has ended.
    /// - Complexity: O(n) for n bytes, and O(log k) for an update, of k keys.
    @discardableResult
    public func write(_ bytes: [UInt8]) throws(ScuttleError) -> Outcome {
        try bytes.withUnsafeBytes { bytes in Result { () throws(ScuttleError) in try write(bytes) } }.get()
    }

    /// Reads bytes of the peer, without a copy. See ``write(_:)-([UInt8])``.
    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ScuttleError) -> Outcome {
        try outcome { scuttle_link_write($0, bytes.baseAddress, bytes.count) }
    }

    /// Reads bytes of the peer. See ``write(_:)-([UInt8])``.
    @discardableResult
    public func write(_ bytes: ArraySlice<UInt8>) throws(ScuttleError) -> Outcome {
        try bytes.withUnsafeBytes { bytes in Result { () throws(ScuttleError) in try write(bytes) } }.get()
    }

    /// Fills a buffer with the next bytes for the peer, which then count as sent.
    ///
    /// - Returns: The count of bytes; 0 if there are none now.
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed, ``ScuttleError/Code/busy`` in a callback. On a datagram
    ///   link also ``ScuttleError/Code/space`` if no message fits, and ``ScuttleError/Code/datagram`` if an update does not fit
    ///   and is left out: the next reads return the rest.
    /// - Complexity: O(n) for n bytes read.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ScuttleError) -> Int {
        // An empty buffer may have no address, which the library rejects.
        var dummy: UInt8 = 0
        var count = 0
        _ = try outcome { handle in
            withUnsafeMutableBytes(of: &dummy) { dummy in
                scuttle_link_read(handle, buffer.baseAddress ?? dummy.baseAddress, buffer.count, &count)
            }
        }
        return count
    }

    /// Returns the next bytes for the peer, at most `capacity`; empty if there are none now.
    ///
    /// On a datagram link it is one datagram, of at most `capacity` and 16 MiB. Read until it is empty.
    /// - Throws: as ``read(into:)``; ``ScuttleError/Code/argument`` for a negative capacity.
    public func read(upTo capacity: Int = 65_536) throws(ScuttleError) -> [UInt8] {
        guard capacity >= 0 else { throw ScuttleError(.argument, "capacity is \(capacity); it must be at least 0") }
        let isDatagram = options.contains(.datagram)
        var all: [UInt8] = []
        while true {
            let part = min(capacity - all.count, isDatagram ? 1 << 24 : 1 << 16)
            let bytes = try readOnce(part)
            if all.isEmpty { all = bytes } else { all += bytes }
            if isDatagram || bytes.isEmpty || all.count == capacity { return all }
        }
    }

    /// Reads once, into an array of exact size.
    private func readOnce(_ capacity: Int) throws(ScuttleError) -> [UInt8] {
        let result = withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
            Result { () throws(ScuttleError) in [UInt8](buffer[..<(try read(into: buffer))]) }
        }
        return try result.get()
    }

    /// Requests updates from the peer. Missing updates cross in both directions as the link is read and written.
    ///
    /// - Returns: ``Outcome/done``, or ``Outcome/full``: the request waits, because the link is full.
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed, ``ScuttleError/Code/busy`` in a callback.
    @discardableResult
    public func gossip() throws(ScuttleError) -> Outcome {
        try outcome { scuttle_link_gossip($0) }
    }

    /// Returns the state of the link and the peer's name. Readable in callbacks.
    ///
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed.
    /// - Complexity: O(length of the name).
    public var info: Info {
        get throws(ScuttleError) {
            var view = scuttle_link_info_t()
            view.struct_size = MemoryLayout<scuttle_link_info_t>.size
            var names: (String?, String?)
            _ = try outcome { handle in
                var code = SCUTTLE_OK
                // The names are borrowed, so they are copied before another thread can end the loan.
                let held = holdingLock(of: replica.handle) {
                    code = scuttle_link_info(handle, &view)
                    names.0 = view.peer_name.map { String(cString: $0) }
                    names.1 = view.peer_source.map { String(cString: $0) }
                }
                return held < 0 ? held : code
            }
            return Info(
                peerName: names.0, peerSource: names.1, dialect: Info.Dialect(rawValue: view.dialect) ?? .unknown,
                isInStep: view.in_step != 0, isLive: view.live != 0, hasEnded: view.ended != 0,
                lastError: ScuttleError.Code(rawValue: view.last_error), lag: view.lag_updates,
                confirmedVersion: view.confirmed_version, bytesIn: view.bytes_in, bytesOut: view.bytes_out,
                messagesIn: view.messages_in, messagesOut: view.messages_out)
        }
    }

    /// Whether the link was closed.
    public var isClosed: Bool { use.withLock { $0.isClosed } }

    /// Closes the link. Its pending messages are dropped, and the next gossip over another link requests their updates again. A
    /// second call does nothing. Running calls of other threads finish first; in a callback of its replica the link closes
    /// after the callback.
    public func close() {
        let handle = use.withLock { use in
            use.isClosed = true
            return use.removeUnusedHandle()
        }
        if let handle { replica.close(handle) }
    }

    /// Makes a call, unless the link is closed.
    private func outcome(_ body: (OpaquePointer) -> CInt) throws(ScuttleError) -> Outcome {
        let handle = use.withLock { use in
            guard !use.isClosed else { return nil as OpaquePointer? }
            use.users += 1
            return use.handle
        }
        guard let handle else { throw ScuttleError(.argument, "the link is closed") }
        defer {
            let unused = use.withLock { use in
                use.users -= 1
                return use.removeUnusedHandle()
            }
            if let unused { replica.close(unused) }
        }
        return try replica.outcome { _ in body(handle) }
    }
}

extension Link.Use {
    fileprivate mutating func removeUnusedHandle() -> OpaquePointer? {
        guard isClosed, users == 0 else { return nil }
        defer { handle = nil }
        return handle
    }
}
