/// Cuts a stream of bytes into lines, whatever the pieces in which it arrives.
///
/// A line within one piece is not copied. Memory: the incomplete line, at most the `limit` of `next`.
struct LineSplitter: ~Copyable {
    enum Line {
        /// A line without its newline, borrowed until the next call.
        case whole(Bytes)
        /// A line longer than the limit, reported once; the rest of it is skipped.
        case tooLong
        /// A line for which there is no memory, reported once; the rest of it is skipped.
        case noMemory
    }

    private enum State {
        case collecting
        /// `partial` holds a line that was returned.
        case handedOut
        case skipping
    }

    static var newline: UInt8 { 0x0a }
    static var end: Bytes { Bytes("\n") }

    private var partial = ByteBuffer()
    private var state = State.collecting

    init() {}

    /// The memory of the incomplete line.
    var waitingBytes: Int { partial.capacity }

    /// Drops the part of a line that waits for its end, and skips the rest of that line.
    mutating func skipLine() {
        partial.clear()
        state = .skipping
    }

    /// Whether the next byte begins a line.
    var isBetweenLines: Bool { state == .handedOut || (state == .collecting && partial.count == 0) }

    /// Removes the next line from the front of `piece` and returns it; nil if the piece is used up. A line has at most `limit`
    /// bytes.
    @_optimize(speed)
    mutating func next(from piece: inout Bytes, limit: Int) -> Line? {
        if state == .handedOut {
            partial.clear()
            state = .collecting
        }
        while piece.count > 0 {
            let end = piece.offset(of: Self.newline)
            let line = Bytes(rebasing: piece[..<(end ?? piece.count)])
            piece = Bytes(rebasing: piece[min(line.count + 1, piece.count)...])
            if state == .skipping {
                if end != nil { state = .collecting }
                continue
            }
            guard partial.count + line.count <= limit else {
                skip(hasEnded: end != nil)
                return .tooLong
            }
            guard end == nil || partial.count > 0 else { return .whole(line) }
            guard partial.hasMemory(for: line.count) else {
                skip(hasEnded: end != nil)
                return .noMemory
            }
            partial.append(line)
            guard end != nil else { return nil }
            state = .handedOut
            return .whole(partial.bytes)
        }
        return nil
    }

    private mutating func skip(hasEnded: Bool) {
        partial.clear()
        if !hasEnded { state = .skipping }
    }
}
