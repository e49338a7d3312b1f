internal import CScuttle

/// The `context` of the C interface: the closures, and the replica and links that they receive. It outlives the replica's
/// handle, and keeps no replica and no link alive.
final class Callbacks: Sendable {
    private struct Listeners {
        weak var replica: Replica?
        var links: [OpaquePointer: WeakLink] = [:]
        var changes: [WeakBuffer] = []
    }
    private struct WeakLink { weak var link: Link? }
    private struct WeakBuffer { weak var buffer: ChangeBuffer? }

    let configuration: Configuration
    private let listeners = Locked(Listeners())

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    // MARK: Receivers

    func begin(_ replica: Replica) {
        listeners.withLock { $0.replica = replica }
    }

    /// Ends all callbacks, because the replica is about to be released.
    func end() {
        for weak in listeners.withLock({ $0.changes }) { weak.buffer?.finish() }
    }

    func add(_ link: Link, _ handle: OpaquePointer) {
        listeners.withLock { $0.links[handle] = WeakLink(link: link) }
    }

    func remove(_ handle: OpaquePointer) {
        _ = listeners.withLock { $0.links.removeValue(forKey: handle) }
    }

    func add(_ buffer: ChangeBuffer) {
        listeners.withLock { listeners in
            listeners.changes.removeAll { $0.buffer == nil }
            listeners.changes.append(WeakBuffer(buffer: buffer))
        }
    }

    private var replica: Replica? { listeners.withLock { $0.replica } }

    private func link(_ handle: OpaquePointer?) -> Link? {
        guard let handle else { return nil }
        return listeners.withLock { $0.links[handle]?.link }
    }

    // MARK: Functions that the library calls

    /// Sets the callbacks that the configuration has, and `on_update` for ``Replica/changes``.
    func fill(_ config: inout scuttle_config_t) {
        config.context = Unmanaged.passUnretained(self).toOpaque()
        config.on_update = { Callbacks.from($0)?.updated($1) }
        if configuration.onEvent != nil { config.on_event = { Callbacks.from($0)?.happened($1, $2, $3) } }
        if configuration.onDrain != nil { config.on_drain = { Callbacks.from($0)?.drained() } }
        if configuration.onCompaction != nil { config.on_compaction = { Callbacks.from($0)?.compacts($1, $2) } }
        if configuration.accept != nil { config.accept = { Callbacks.from($0)?.accepts($1, $2) == true ? 1 : 0 } }
        if configuration.sort != nil { config.sort = { Callbacks.from($0)?.compare($1, $2) ?? 0 } }
        switch configuration.resolver {
        case .lastWriter: config.resolver = SCUTTLE_LWW_VS_CLOCK
        case .greaterValue: config.resolver = SCUTTLE_STRICTLY_ORDER_VALUES
        case .custom: config.resolve = { Callbacks.from($0)?.replaces($1, $2) == true ? 1 : 0 }
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Callbacks? {
        context.map { Unmanaged<Callbacks>.fromOpaque($0).takeUnretainedValue() }
    }

    private func updated(_ view: UnsafePointer<scuttle_update_t>?) {
        guard let view else { return }
        let buffers = listeners.withLock { $0.changes }
        guard !buffers.isEmpty || configuration.onUpdate != nil else { return }
        let update = Update(view.pointee)
        for weak in buffers { weak.buffer?.append(update) }
        if let onUpdate = configuration.onUpdate, let replica { onUpdate(replica, update) }
    }

    private func happened(_ handle: OpaquePointer?, _ event: CInt, _ code: CInt) {
        guard let onEvent = configuration.onEvent, let handle, let link = link(handle) else { return }
        if let event = Event(event, code, of: handle) { onEvent(link, event) }
    }

    private func drained() {
        if let replica { configuration.onDrain?(replica) }
    }

    private func compacts(_ views: UnsafePointer<UnsafePointer<scuttle_update_t>?>?, _ count: Int) {
        guard let onCompaction = configuration.onCompaction, let replica else { return }
        let updates = UnsafeBufferPointer(start: views, count: count).compactMap { $0.map { Update($0.pointee) } }
        onCompaction(replica, updates)
    }

    private func accepts(_ handle: OpaquePointer?, _ view: UnsafePointer<scuttle_update_t>?) -> Bool {
        // The call that reads the update keeps its link alive.
        guard let accept = configuration.accept, let view, let link = link(handle) else { return false }
        return accept(link, Update(view.pointee))
    }

    private func compare(
        _ a: UnsafePointer<scuttle_update_t>?, _ b: UnsafePointer<scuttle_update_t>?
    ) -> CInt {
        guard let sort = configuration.sort, let a, let b else { return 0 }
        let (first, second) = (Update(a.pointee), Update(b.pointee))
        return sort(first, second) ? -1 : sort(second, first) ? 1 : 0
    }

    private func replaces(
        _ update: UnsafePointer<scuttle_update_t>?, _ current: UnsafePointer<scuttle_update_t>?
    ) -> Bool {
        guard case .custom(let resolve) = configuration.resolver, let update else { return false }
        return resolve(Update(update.pointee), current.map { Update($0.pointee) })
    }
}
