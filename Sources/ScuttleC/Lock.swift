import CScuttle
import CSystem

/// The lock of a replica. It detects a call from inside a callback, which is rejected instead of deadlocked. It also detects
/// the child of a fork, in which the thread that holds the lock may be missing and would never release it. The owner destroys
/// it.
struct Lock {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let origin: OriginProcess

    /// Creates a lock. Nil if there is no memory.
    init?() {
        guard let origin = OriginProcess() else { return nil }
        self.origin = origin
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: system_lock())
    }

    func destroy() {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Whether this is the process that has created the lock.
    var isInOriginProcess: Bool { origin.isCurrent }

    /// Acquires the lock. Returns false if this thread holds it already, or if this is a child of the process that has created
    /// it.
    @inline(__always)
    func acquire() -> Bool {
        guard acquireAgain() else { return false }
        return !isNested || leave()
    }

    /// Acquires the lock, also if this thread holds it already: `release` then follows each time. Returns false if this is a
    /// child of the process that has created it.
    @inline(__always)
    func acquireAgain() -> Bool {
        origin.isCurrent && pthread_mutex_lock(mutex) == 0
    }

    /// Whether this thread, which holds the lock, has acquired it more than once.
    var isNested: Bool { system_lock_depth(mutex) > 1 }

    /// Releases what a nested call has acquired. Returns false.
    @inline(never)
    private func leave() -> Bool {
        release()
        return false
    }

    /// The error code of a call that could not acquire the lock.
    var refusal: CInt { isInOriginProcess ? SCUTTLE_E_BUSY : SCUTTLE_E_FORKED }

    func release() {
        pthread_mutex_unlock(mutex)
    }
}
