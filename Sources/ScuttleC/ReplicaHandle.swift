import CScuttle
import ScuttleCore
import ScuttleJansson

/// The target of a `scuttle_t *`: a replica with its lock, its open links, and the memory that the interface lends to callers.
final class ReplicaHandle {
    /// The lock never changes. A `let` would make each call keep its address in a register.
    private(set) var lock: Lock
    private var owned: Unmanaged<Replica>
    let limits: Limits
    /// The replica's source and name, at addresses that an import does not change.
    let id: OwnedBytes
    let name: OwnedBytes
    let message = ErrorMessage()

    /// Buffers of set and get: text without white space, and the value that was lent last.
    var values = ValueText()
    var lent = ByteBuffer()

    /// Strong references, so that freeing the replica closes its links.
    private var links: [LinkHandle] = []
    private var shortForm: LinkHandle?
    /// Whether gossip was requested while no link was open.
    private var gossipAwaitsLink = false

    /// Loads the host's state store; nil without a store.
    private let load: StateLoader?
    private var isLost = false
    /// Whether the host's `load` is running, which must not call the replica that it loads.
    private var isLoading = false
    /// The replica that a load has replaced, because a call may still be inside of it.
    private var replaced: Unmanaged<Replica>?

    init(lock: Lock, replica: Replica, limits: Limits, load: StateLoader? = nil) {
        self.lock = lock
        self.load = load
        owned = .passRetained(replica)
        self.limits = limits
        id = OwnedBytes(copying: replica.id)
        name = OwnedBytes(copying: replica.name)
    }

    deinit {
        owned.release()
        replaced?.release()
        lock.destroy()
    }

    /// Lends the replica without retaining it, which would be the largest cost of a small call.
    @inline(__always)
    func withReplica<Result>(_ body: (Replica) -> Result) -> Result {
        owned._withUnsafeGuaranteedRef(body)
    }

    func gossip() {
        gossipAwaitsLink = gossipAwaitsLink || links.isEmpty
        withReplica { $0.gossip() }
    }

    // MARK: The state store

    var hasStore: Bool { load != nil }

    /// Replaces the replica by the content of the store. Links restart their conversations.
    /// - Throws: `.store`, and the errors of `LinkInput.load` for a bad row; each later call first tries again.
    func loadStore() throws(Failure) {
        guard let load else { return }
        guard !isLoading else { throw Failure(.busy, "the replica is being loaded from its state store") }
        (isLost, isLoading) = (true, true)
        defer { isLoading = false }
        let before = owned.takeUnretainedValue()
        let fresh = before.another()
        let isThere = try load.load(into: fresh)
        fresh.resume(from: before)
        fresh.markStored(hasHead: isThere)
        for handle in links { try handle.moveOn(to: fresh) }
        replaced?.release()
        (replaced, owned) = (owned, .passRetained(fresh))
        isLost = false
    }

    /// Loads the store before a call, if that is due.
    /// - Throws: the errors of `loadStore`.
    @inline(never)
    func prepareStore() throws(Failure) {
        replaced?.release()
        replaced = nil
        if isLost { try loadStore() }
    }

    /// Stores the changes of a call, or undoes them.
    /// - Throws: `.store`.
    @inline(never)
    func settleStore() throws(Failure) {
        let replica = owned.takeUnretainedValue()
        var failure: Failure?
        do throws(Failure) { try replica.store() } catch { failure = error }
        guard let failure else { return }
        do throws(Failure) { try loadStore() } catch {}
        throw failure
    }

    /// Loads a save. If it fails, nothing has changed. Returns false if the save is truncated.
    func load(_ bytes: Bytes) throws(Failure) -> Bool {
        let replica = owned.takeUnretainedValue()
        guard replica.isNew else {
            throw Failure(.argument, "lines of updates can be imported into a new replica only")
        }
        let loaded = replica.another()
        loaded.continueCounting(from: replica)
        var input = LinkInput()
        let isWhole = try input.load(bytes, into: loaded)
        owned.release()
        owned = .passRetained(loaded)
        return isWhole
    }

    func openLink(_ options: Link.Options = []) throws(Failure) -> LinkHandle {
        // The memory of a new link.
        try Memory.checkNow(1 << 14)
        let handle = LinkHandle(self, try owned.takeUnretainedValue().openLink(options), index: links.count)
        links.append(handle)
        return handle
    }

    func close(_ handle: LinkHandle) {
        withReplica { $0.close(handle.link) }
        let last = links.removeLast()
        guard last !== handle else { return }
        last.index = handle.index
        links[handle.index] = last
    }

    /// Returns the link of `scuttle_read` and `scuttle_write`, opened at first use.
    func shortFormLink() throws(Failure) -> LinkHandle {
        if let shortForm { return shortForm }
        let handle = try openLink()
        if gossipAwaitsLink { handle.link.gossip() }
        shortForm = handle
        return handle
    }
}

extension Replica {
    /// The code of a successful call.
    var successCode: CInt { reportFull() ? SCUTTLE_FULL : SCUTTLE_OK }
}

extension Link {
    /// The code of a successful call.
    var successCode: CInt { reportFull() ? SCUTTLE_FULL : SCUTTLE_OK }
}

/// The target of a `scuttle_link_t *`. Its replica's handle owns it.
final class LinkHandle {
    /// The owner outlives it.
    let owner: Unowned<ReplicaHandle>
    private var owned: Unmanaged<Link>
    var link: Link { owned.takeUnretainedValue() }
    private var input = LinkInput()
    /// The code of the last call that failed. Here it fills the last word of the field before.
    var lastError: CInt = 0
    /// Bytes that an undone call has read.
    fileprivate var unread: [UInt8] = []
    /// The index among the owner's links.
    fileprivate(set) var index: Int
    /// The peer's name that was lent last.
    private var lentName: OwnedBytes?

    fileprivate init(_ owner: ReplicaHandle, _ link: Link, index: Int) {
        self.owner = Unowned(owner)
        owned = .passRetained(link)
        self.index = index
        link.host = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        owned.release()
    }

    /// Lends the link without retaining it.
    @inline(__always)
    func withLink(_ body: (Link) -> CInt) -> CInt {
        owned._withUnsafeGuaranteedRef(body)
    }

    /// Moves to another replica: see `Link.replace`.
    fileprivate func moveOn(to replica: Replica) throws(Failure) {
        let next = try replica.openLink(link.options)
        unread.withUnsafeBytes { next.replace(link, unread: $0) }
        unread = []
        owned.release()
        owned = .passRetained(next)
    }

    /// Settles the store after a read, because bytes are sent only if their changes are stored.
    /// - Throws: `.store`.
    func settleRead(of bytes: Bytes) throws(Failure) {
        if !link.isDatagram { unread = [UInt8](bytes) }
        try owner.object.settleStore()
        unread = []
    }

    /// The update of the event whose callback is running.
    private(set) var told: UnsafePointer<scuttle_update_t>?

    /// Lends an update to a callback, and sets the error text to its key.
    @inline(never)
    func tell(_ update: Update, _ view: UnsafePointer<scuttle_update_t>, _ code: CInt, _ call: () -> Void) {
        let key = update.key.prefixOfCharacters(within: 80)
        owner.object.message.set("the update of key \(key) is refused with code \(Int(code))")
        told = view
        call()
        told = nil
    }

    /// Returns a name with a NUL behind it, valid until the next call.
    func lend(name: Bytes) -> UnsafeRawPointer? {
        if lentName?.bytes.equals(name) != true { lentName = OwnedBytes(copying: name) }
        return lentName?.bytes.baseAddress
    }

    func receive(_ bytes: Bytes, on link: Link) throws(Failure) {
        try input.receive(bytes, on: link)
    }
}
