internal import CScuttle
internal import ScuttleC

/// The conversation of a replica with one peer. ``Replica/openLink(_:)`` makes it.
///
/// Send what ``read(upTo:)`` returns, over one ordered stream of bytes such as a TCP connection, or as datagrams, and hand what the peer
/// sends to ``write(_:)-([UInt8])``. Open a new link if the connection is a new one. A link keeps its replica alive, and closes itself when
/// it is released. After ``close()`` each call is ``ScuttleError/Code/argument``.
///
/// It is `Sendable`, though the compiler cannot see why: the library serialises all calls on a replica and its links by one lock, and
/// the link's own state, its handle and who uses it, is guarded by another.
public final class Link: @unchecked Sendable {
    /// How a link speaks.
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
        /// Accepts nothing from the peer, and serves its requests.
        public static let readOnly = Options(rawValue: SCUTTLE_LINK_READ_ONLY)
        /// Speaks the classic dialect only, simple-scuttle's own.
        public static let classic = Options(rawValue: SCUTTLE_LINK_CLASSIC)
        /// Speaks the dialect of the peer.
        public static let any = Options(rawValue: SCUTTLE_LINK_ANY)
        /// With ``classic`` or ``any``: deltas include superseded updates of the history.
        public static let history = Options(rawValue: SCUTTLE_LINK_HISTORY)
    }

    /// What is known of a link.
    public struct Info: Hashable, Sendable {
        /// A way to speak.
        public enum Dialect: UInt32, Hashable, Sendable {
            /// The peer has said nothing valid yet, or the link has ended.
            case unknown = 0
            /// simple-scuttle's own.
            case classic = 1
            /// This library's.
            case extended = 2
        }

        /// The name that the peer claims in its hello; nil before that, and for classic peers.
        public let peerName: String?
        /// The source that the peer writes under; likewise.
        public let peerSource: String?
        /// What the peer speaks.
        public let dialect: Dialect
        /// Whether both version vectors were found equal, and have not been found different since.
        public let isInStep: Bool
        /// Whether the peer gets new updates without a request.
        public let isLive: Bool
        /// Whether the link has ended: it is of no use any more.
        public let hasEnded: Bool
        /// The error of the latest call on this link that failed.
        public let lastError: ScuttleError.Code?
    }

    /// The replica that the link belongs to.
    public let replica: Replica
    /// What the link was opened with.
    public let options: Options

    /// Nil once the link is closed. Whoever uses the handle is counted, and the last one gives it back: a lock held for the whole call would
    /// meet the replica's lock in the other order in a callback.
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

    /// Reads bytes that the peer has sent: any number of lines, cut anywhere; on a datagram link one datagram.
    ///
    /// Each line is a message of its own. A bad one is refused and changes nothing, the others are applied all the same, and the call throws
    /// the error of the first bad one.
    /// - Returns: ``Outcome/done``; ``Outcome/full`` if this link is full.
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed, ``ScuttleError/Code/busy`` in a callback, and what concerns a
    ///   message: ``ScuttleError/Code/json``, ``ScuttleError/Code/unasked``, ``ScuttleError/Code/refused``, and the others that
    ///   `scuttle_link_write` names. After ``ScuttleError/Code/cluster``, ``ScuttleError/Code/protocolVersion`` and
    ///   ``ScuttleError/Code/rejected`` the link has ended.
    /// - Complexity: O(n) for n bytes, and O(log k) for an update, of k keys.
    @discardableResult
    public func write(_ bytes: [UInt8]) throws(ScuttleError) -> Outcome {
        try bytes.withUnsafeBytes { bytes in Result { () throws(ScuttleError) in try write(bytes) } }.get()
    }

    /// Reads bytes that the peer has sent, without a copy. See ``write(_:)-([UInt8])``.
    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer) throws(ScuttleError) -> Outcome {
        try outcome { scuttle_link_write($0, bytes.baseAddress, bytes.count) }
    }

    /// Reads bytes that the peer has sent. See ``write(_:)-([UInt8])``.
    @discardableResult
    public func write(_ bytes: ArraySlice<UInt8>) throws(ScuttleError) -> Outcome {
        try bytes.withUnsafeBytes { bytes in Result { () throws(ScuttleError) in try write(bytes) } }.get()
    }

    /// Fills a buffer with what is to be sent to the peer. What has been read counts as sent.
    ///
    /// - Returns: How many bytes it is; 0 if there is nothing now.
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed, ``ScuttleError/Code/busy`` in a callback. On a datagram
    ///   link also ``ScuttleError/Code/space`` if no message fits, and ``ScuttleError/Code/datagram`` if an update does not and is left out:
    ///   read on, the rest comes.
    /// - Complexity: O(n) for n bytes read.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(ScuttleError) -> Int {
        // An empty buffer may have no address, which is an error to the library and none here.
        var dummy: UInt8 = 0
        var count = 0
        _ = try outcome { handle in
            withUnsafeMutableBytes(of: &dummy) { dummy in
                scuttle_link_read(handle, buffer.baseAddress ?? dummy.baseAddress, buffer.count, &count)
            }
        }
        return count
    }

    /// Returns what is to be sent to the peer, at most `capacity` bytes; empty if there is nothing now.
    ///
    /// On a datagram link it is one datagram, of at most `capacity` and 16 MiB. Read until it is empty.
    /// - Throws: as ``read(into:)``; ``ScuttleError/Code/argument`` for a negative capacity.
    public func read(upTo capacity: Int = 65_536) throws(ScuttleError) -> [UInt8] {
        guard capacity >= 0 else { throw ScuttleError(.argument, "capacity is \(capacity); it is at least 0") }
        let isDatagram = options.contains(.datagram)
        var all: [UInt8] = []
        while true {
            let part = min(capacity - all.count, isDatagram ? 1 << 24 : 1 << 16)
            let bytes = try readOnce(part)
            if all.isEmpty { all = bytes } else { all += bytes }
            if isDatagram || bytes.isEmpty || all.count == capacity { return all }
        }
    }

    /// Reads once, into an array without spare room.
    private func readOnce(_ capacity: Int) throws(ScuttleError) -> [UInt8] {
        let result = withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { buffer in
            Result { () throws(ScuttleError) in [UInt8](buffer[..<(try read(into: buffer))]) }
        }
        return try result.get()
    }

    /// Requests what is new from the peer. What differs crosses in both directions, as the link is read and written.
    ///
    /// - Returns: ``Outcome/done``, or ``Outcome/full``: it waits, because the link is full.
    /// - Throws: ``ScuttleError/Code/argument`` if the link is closed, ``ScuttleError/Code/busy`` in a callback.
    @discardableResult
    public func gossip() throws(ScuttleError) -> Outcome {
        try outcome { scuttle_link_gossip($0) }
    }

    /// Says who the peer is, and how far the conversation is. Readable in callbacks.
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
                // The names are borrowed, so they are copied before another thread can end the borrow.
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
                lastError: ScuttleError.Code(rawValue: view.last_error))
        }
    }

    /// Whether the link was closed.
    public var isClosed: Bool { use.withLock { $0.isClosed } }

    /// Closes the link. What it still had to send is dropped, and the next gossip over another link requests it again. A second call does nothing.
    /// Calls that other threads are in come to their end first; in a callback of its replica the link closes after the callback.
    public func close() {
        let handle = use.withLock { use in
            use.isClosed = true
            return use.takeIfUnused()
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
                return use.takeIfUnused()
            }
            if let unused { replica.close(unused) }
        }
        return try replica.outcome { _ in body(handle) }
    }
}

extension Link.Use {
    fileprivate mutating func takeIfUnused() -> OpaquePointer? {
        guard isClosed, users == 0 else { return nil }
        defer { handle = nil }
        return handle
    }
}
