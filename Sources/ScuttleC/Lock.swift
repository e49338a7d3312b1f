import CSystem

/// The lock of a replica. It notices its own thread: a call from inside a callback is refused, not dead.
final class Lock {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    /// Nil where the system has no lock to give.
    init?() {
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, CInt(PTHREAD_MUTEX_ERRORCHECK))
        let result = pthread_mutex_init(mutex, &attributes)
        pthread_mutexattr_destroy(&attributes)
        guard result == 0 else {
            mutex.deallocate()
            return nil
        }
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// False where this thread has it already.
    func acquire() -> Bool {
        pthread_mutex_lock(mutex) == 0
    }

    func release() {
        pthread_mutex_unlock(mutex)
    }
}
