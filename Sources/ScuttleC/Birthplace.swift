import CSystem

/// The process that a replica was made in. The child of a fork is another one: it has a copy of the replica, whose lock a thread
/// may hold that is not there, and whose source belongs to the parent.
///
/// Asking for the process's id is a call of the system. So a number stands in a page that the system clears in the child of a
/// fork. No process has the number of a forebear, since the child goes on counting where its parent was.
struct Birthplace {
    private let number: UnsafePointer<Int>
    /// Above 0 the number; otherwise the negative id of the process, which is asked for with each call.
    private let ownNumber: Int

    /// This process. Nil if the system gives no memory.
    init?() {
        guard let shared = page ?? Self.sharePage() else { return nil }
        number = UnsafePointer(shared)
        ownNumber = shared[1] == 0 ? system_number(shared, &latestNumber) : -Int(getpid())
    }

    /// Whether this is still the process.
    var isHere: Bool {
        @inline(__always) get { number.pointee == ownNumber || isHereByID }
    }

    private var isHereByID: Bool {
        @inline(never) get { ownNumber < 0 && ownNumber == -Int(getpid()) }
    }

    private static func sharePage() -> UnsafeMutablePointer<Int>? {
        guard let fresh = system_page() else { return nil }
        // Linux before 4.14, and some sandboxes, clear no page.
        fresh[1] = system_clear_in_child(fresh)
        return system_share(&page, fresh)
    }
}

private nonisolated(unsafe) var page: UnsafeMutablePointer<Int>?
private nonisolated(unsafe) var latestNumber = 0
