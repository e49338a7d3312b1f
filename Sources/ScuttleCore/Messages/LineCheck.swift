/// What a delta says of its own lines: how many updates there were, and a hash over them in their order. A line that was lost,
/// repeated, swapped or altered on its way makes another one.
public struct LineCheck: Equatable {
    public private(set) var count: UInt64
    private var state: UInt64

    public init() {
        (count, state) = (0, 0)
    }

    /// As a peer has said it.
    public init(count: UInt64, hash: UInt32) {
        self.count = count
        state = UInt64(hash)
    }

    public var hash: UInt32 { UInt32(truncatingIfNeeded: state) }

    /// Takes the hash of one more line, without its newline, into account.
    @inline(__always)
    mutating func add(_ line: UInt64) {
        count &+= 1
        state = FoldHash.fold(state ^ FoldHash.key.1, line ^ FoldHash.key.2)
    }

    /// Takes one more line into account, without its newline. O(length).
    @inline(__always)
    mutating func add(_ line: Bytes) {
        add(FoldHash.hash(line))
    }

    /// Takes a number into account that is said of the lines: altered on its way, it makes another hash too.
    mutating func seal(_ number: UInt64) {
        state = FoldHash.fold(state ^ FoldHash.key.1, number ^ FoldHash.key.2)
    }

    /// Seals the span of a datagram, and what was withheld of it, if anything.
    mutating func seal(_ span: DeltaHead.Span, withheld: UInt64) {
        for number in [span.start, span.from, span.until] { seal(number) }
        if withheld > 0 { seal(withheld) }
    }

    /// Only what is said of lines is compared.
    public static func == (a: LineCheck, b: LineCheck) -> Bool {
        a.count == b.count && a.hash == b.hash
    }
}
