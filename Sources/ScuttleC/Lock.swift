import CScuttle
import CSystem

/// The lock of a replica. It detects a call from inside a callback, which is rejected instead of deadlocked. It also detects
/// the child of a fork, in which the thread that holds the lock may be missing and would never release it. The owner destroys
/// it.
struct Lock {
    private let counted: UnsafeMutablePointer<system_counted_lock>
    private let origin: OriginProcess

    /// Creates a lock. Nil if there is no memory.
    init?() {
        guard let origin = OriginProcess() else { return nil }
        self.origin = origin
        counted = .allocate(capacity: 1)
        counted.initialize(to: system_counted_lock(mutex: system_lock(), depth: 0))
    }

    func destroy() {
        pthread_mutex_destroy(mutex)
        counted.deallocate()
    }

    /// The mutex stands first.
    @inline(__always)
    private var mutex: UnsafeMutablePointer<pthread_mutex_t> {
        UnsafeMutableRawPointer(counted).assumingMemoryBound(to: pthread_mutex_t.self)
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
        guard origin.isCurrent, pthread_mutex_lock(mutex) == 0 else { return false }
        counted.pointee.depth &+= 1
        return true
    }

    /// Whether this thread, which holds the lock, has acquired it more than once.
    var isNested: Bool { counted.pointee.depth > 1 }

    /// Releases what a nested call has acquired. Returns false.
    @inline(never)
    private func leave() -> Bool {
        release()
        return false
    }

    /// The error code of a call that could not acquire the lock.
    var refusal: CInt { isInOriginProcess ? SCUTTLE_E_BUSY : SCUTTLE_E_FORKED }

    func release() {
        counted.pointee.depth &-= 1
        pthread_mutex_unlock(mutex)
    }
}
