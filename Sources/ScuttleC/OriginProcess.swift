import CSystem

/// The process that has created a replica. The child of a fork is another process: it has a copy of the replica, but not the
/// thread that may hold the lock, and the replica's source belongs to the parent.
///
/// The process id would cost a system call each time. So an id is stored in a page that the system clears in the child of a
/// fork. No process has the id of an ancestor, because the child continues to count from its parent's id.
struct OriginProcess {
    private let id: UnsafePointer<Int>
    /// If above 0, the id that this library has given the process; otherwise the negative id of the system, which each call
    /// compares.
    private let ownID: Int

    /// Identifies the present process. Nil if there is no memory.
    init?() {
        guard let shared = page ?? Self.sharePage() else { return nil }
        id = UnsafePointer(shared)
        ownID = shared[1] == 0 ? system_process_id(shared, &latestID) : -Int(getpid())
    }

    /// Whether this is still the same process.
    var isCurrent: Bool {
        @inline(__always) get { id.pointee == ownID || isCurrentByID }
    }

    private var isCurrentByID: Bool {
        @inline(never) get { ownID < 0 && ownID == -Int(getpid()) }
    }

    private static func sharePage() -> UnsafeMutablePointer<Int>? {
        guard let fresh = system_page() else { return nil }
        // Linux before 4.14 and some sandboxes cannot clear a page.
        fresh[1] = system_clear_in_child(fresh)
        return system_share(&page, fresh)
    }
}

private nonisolated(unsafe) var page: UnsafeMutablePointer<Int>?
private nonisolated(unsafe) var latestID = 0
