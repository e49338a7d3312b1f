import CScuttle
import CSystem

/// The lock of a replica. It notices its own thread: a call from inside a callback is refused, not dead. And it notices the child
/// of a fork, which does not touch it: the thread that holds it may not be there, and would never release it. Whoever makes it
/// destroys it.
struct Lock {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let birthplace: Birthplace

    /// Nil if the system has no memory to give.
    init?() {
        guard let birthplace = Birthplace() else { return nil }
        self.birthplace = birthplace
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: system_lock())
    }

    func destroy() {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Whether this is the process that has made it.
    var isHere: Bool { birthplace.isHere }

    /// False if this thread has it already, or if this is a child of the process that has made it.
    @inline(__always)
    func acquire() -> Bool {
        birthplace.isHere && pthread_mutex_lock(mutex) == 0
    }

    /// The code of a call that has not acquired it.
    var refusal: CInt { isHere ? SCUTTLE_E_BUSY : SCUTTLE_E_FORKED }

    func release() {
        pthread_mutex_unlock(mutex)
    }
}
