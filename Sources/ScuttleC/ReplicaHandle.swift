import CScuttle
import ScuttleCore
import ScuttleJansson

/// What a `scuttle_t *` points to: a replica with its lock, its open links, and what the interface lends to callers.
final class ReplicaHandle {
    /// It never changes. The compiler does not know that, or each call would keep its address in a register meanwhile.
    private(set) var lock: Lock
    private var owned: Unmanaged<Replica>
    let limits: Limits
    /// The replica's source and its name, at addresses that an import does not change.
    let id: OwnedBytes
    let name: OwnedBytes
    let message = ErrorMessage()

    /// Reused by every set and get: text without white space, and the value that was lent last.
    var values = ValueText()
    var lent = ByteBuffer()

    /// Strong references, so that freeing the replica closes its links.
    private var links: [LinkHandle] = []
    private var shortForm: LinkHandle?
    /// Somebody asked for gossip before there was a link to gossip over.
    private var gossipAwaitsLink = false

    /// What loads the host's state store; nil: there is none. And whether the replica is not what the store says.
    private let load: StateLoader?
    private var isLost = false
    /// The host's `load` is running: it must not call the replica that it loads.
    private var isLoading = false
    /// What the replica was before that: a call may still be in it.
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

    /// Lends the replica without counting, which would be the dearest part of a small call.
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

    /// Becomes what the store says. Links begin their conversations anew.
    /// - Throws: `.store`, and for a bad row those of `LinkInput.load`; then each call tries it again first.
    func loadStore() throws(Failure) {
        guard let load else { return }
        guard !isLoading else { throw Failure(.busy, "the replica is being loaded from its state store") }
        (isLost, isLoading) = (true, true)
        defer { isLoading = false }
        let before = owned.takeUnretainedValue()
        let fresh = before.another()
        let isThere = try load.load(into: fresh)
        fresh.goOn(from: before)
        fresh.markStored(hasHead: isThere)
        for handle in links { try handle.moveOn(to: fresh) }
        replaced?.release()
        (replaced, owned) = (owned, .passRetained(fresh))
        isLost = false
    }

    /// Before a call.
    /// - Throws: as `loadStore`.
    @inline(never)
    func prepareStore() throws(Failure) {
        replaced?.release()
        replaced = nil
        if isLost { try loadStore() }
    }

    /// After a call: what has changed is stored, or undone.
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

    /// Becomes what was saved; nothing has changed where that fails. False where it is torn.
    func load(_ bytes: Bytes) throws(Failure) -> Bool {
        let replica = owned.takeUnretainedValue()
        guard replica.isNew else {
            throw Failure(.argument, "only a replica with which nothing was done can start from lines")
        }
        let loaded = replica.another()
        var input = LinkInput()
        let isWhole = try input.load(bytes, into: loaded)
        owned.release()
        owned = .passRetained(loaded)
        return isWhole
    }

    func openLink(_ options: Link.Options = []) throws(Failure) -> LinkHandle {
        // As much as a new link takes.
        try Memory.checkNow(1 << 14)
        let handle = LinkHandle(self, try owned.takeUnretainedValue().openLink(options), place: links.count)
        links.append(handle)
        return handle
    }

    func close(_ handle: LinkHandle) {
        withReplica { $0.close(handle.link) }
        let last = links.removeLast()
        guard last !== handle else { return }
        last.place = handle.place
        links[handle.place] = last
    }

    /// The link of `scuttle_read` and `scuttle_write`, opened when it is first wanted.
    func shortFormLink() throws(Failure) -> LinkHandle {
        if let shortForm { return shortForm }
        let handle = try openLink()
        if gossipAwaitsLink { handle.link.gossip() }
        shortForm = handle
        return handle
    }
}

extension Replica {
    /// The code of a call that went well.
    var news: CInt { tellFull() ? SCUTTLE_FULL : SCUTTLE_OK }
}

/// What a `scuttle_link_t *` points to. Its replica's handle owns it.
final class LinkHandle {
    /// Not counted: the owner outlives it.
    private let ownerReference: Unmanaged<ReplicaHandle>
    var owner: ReplicaHandle { ownerReference.takeUnretainedValue() }
    private(set) var link: Link
    private var input = LinkInput()
    /// Bytes that were read, in a call that was undone.
    fileprivate var unread: [UInt8] = []
    /// Where it stands among its owner's links.
    fileprivate(set) var place: Int
    /// The code of the last call that failed.
    var lastError: CInt = 0
    /// The peer's name, as it was lent last.
    private var lentName: OwnedBytes?

    fileprivate init(_ owner: ReplicaHandle, _ link: Link, place: Int) {
        ownerReference = .passUnretained(owner)
        self.link = link
        self.place = place
        link.host = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    @inline(__always)
    func withOwner(_ body: (ReplicaHandle) -> CInt) -> CInt {
        ownerReference._withUnsafeGuaranteedRef(body)
    }

    /// Goes on with another replica: see `Link.replace`.
    fileprivate func moveOn(to replica: Replica) throws(Failure) {
        let next = try replica.openLink(link.options)
        unread.withUnsafeBytes { next.replace(link, unread: $0) }
        unread = []
        link = next
    }

    /// After a read, of bytes that go out only if what has changed is stored.
    /// - Throws: `.store`.
    func settleRead(of bytes: Bytes) throws(Failure) {
        if !link.isDatagram { unread = [UInt8](bytes) }
        try owner.settleStore()
        unread = []
    }

    /// The update that the event speaks of whose callback is running.
    private(set) var told: UnsafePointer<scuttle_update_t>?

    /// Lends an update to a callback, and names its key.
    @inline(never)
    func tell(_ update: Update, _ view: UnsafePointer<scuttle_update_t>, _ code: CInt, _ call: () -> Void) {
        let key = update.key.prefixOfCharacters(within: 80)
        owner.message.set("an update of key \(key) is refused: code \(Int(code))")
        told = view
        call()
        told = nil
    }

    /// A name with a NUL behind it, until the next one.
    func lend(name: Bytes) -> UnsafeRawPointer? {
        if lentName?.bytes.equals(name) != true { lentName = OwnedBytes(copying: name) }
        return lentName?.bytes.baseAddress
    }

    func receive(_ bytes: Bytes) throws(Failure) {
        try input.receive(bytes, on: link)
    }

    var news: CInt { link.tellFull() ? SCUTTLE_FULL : SCUTTLE_OK }
}
