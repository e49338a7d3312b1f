/// The checksum of a delta's lines: their count, and a hash over them in order. A line that was lost, repeated, swapped or
/// altered on its way changes it.
public struct LineCheck: Equatable {
    public private(set) var count: UInt64
    private var state: UInt64

    public init() {
        (count, state) = (0, 0)
    }

    /// Creates the checksum that a peer sent.
    public init(count: UInt64, hash: UInt32) {
        self.count = count
        state = UInt64(hash)
    }

    public var hash: UInt32 { UInt32(truncatingIfNeeded: state) }

    /// Adds the hash of one more line, without its newline.
    @inline(__always)
    mutating func add(_ line: UInt64) {
        count &+= 1
        state = FoldHash.fold(state ^ FoldHash.key.1, line ^ FoldHash.key.2)
    }

    /// Adds one more line, without its newline. O(length).
    @inline(__always)
    mutating func add(_ line: Bytes) {
        add(FoldHash.hash(line))
    }

    /// Adds a number that belongs to the lines, so that an alteration of it is detected too.
    mutating func seal(_ number: UInt64) {
        state = FoldHash.fold(state ^ FoldHash.key.1, number ^ FoldHash.key.2)
    }

    /// Adds the span of a datagram, and the withheld part of it, if there is one.
    mutating func seal(_ span: DeltaHead.Span, withheld: UInt64) {
        for number in [span.start, span.from, span.until] { seal(number) }
        if withheld > 0 { seal(withheld) }
    }

    /// Compares only the members that are sent.
    public static func == (a: LineCheck, b: LineCheck) -> Bool {
        a.count == b.count && a.hash == b.hash
    }
}
