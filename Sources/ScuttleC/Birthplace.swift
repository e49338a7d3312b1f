import CSystem

/// The process that has created a replica. The child of a fork is another process: it has a copy of the replica, but not the
/// thread that may hold the lock, and the replica's source belongs to the parent.
///
/// The process id would cost a system call each time. So a number is stored in a page that the system clears in the child of a
/// fork. No process has the number of an ancestor, because the child continues to count from its parent's number.
struct Birthplace {
    private let number: UnsafePointer<Int>
    /// If above 0, the process's number; otherwise the negative process id, which each call compares.
    private let ownNumber: Int

    /// Identifies the present process. Nil if there is no memory.
    init?() {
        guard let shared = page ?? Self.sharePage() else { return nil }
        number = UnsafePointer(shared)
        ownNumber = shared[1] == 0 ? system_number(shared, &latestNumber) : -Int(getpid())
    }

    /// Whether this is still the same process.
    var isHere: Bool {
        @inline(__always) get { number.pointee == ownNumber || isHereByID }
    }

    private var isHereByID: Bool {
        @inline(never) get { ownNumber < 0 && ownNumber == -Int(getpid()) }
    }

    private static func sharePage() -> UnsafeMutablePointer<Int>? {
        guard let fresh = system_page() else { return nil }
        // Linux before 4.14 and some sandboxes cannot clear a page.
        fresh[1] = system_clear_in_child(fresh)
        return system_share(&page, fresh)
    }
}

private nonisolated(unsafe) var page: UnsafeMutablePointer<Int>?
private nonisolated(unsafe) var latestNumber = 0
