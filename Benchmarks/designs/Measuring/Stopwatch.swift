import CMachine

/// CPU time of this process, which other processes on the machine disturb less than the time of the clock on the wall.
enum Stopwatch {
    /// The nanoseconds that `body` took.
    @inline(__always)
    static func time(_ body: () -> Void) -> Double {
        let begin = machine_cpu_nanoseconds()
        body()
        return Double(machine_cpu_nanoseconds() - begin)
    }
}

/// What malloc has given out: exact, and with what malloc itself needs for each block.
enum Heap {
    static var bytes: Double { Double(machine_heap_bytes()) }
}
