/// Cuts a stream of bytes into lines, whatever the pieces it comes in.
///
/// A line within one piece is not copied. Memory: the part of a line that waits for its end, at most the `limit` of `next`.
public struct LineSplitter: ~Copyable {
    public enum Line {
        /// Without its newline; borrowed until the next call.
        case whole(Bytes)
        /// Reported once, where a line grows over the limit; the rest of it is skipped.
        case tooLong
    }

    private enum State {
        case collecting
        /// `partial` holds a line that was handed out.
        case handedOut
        case skipping
    }

    private var partial = ByteBuffer()
    private var state = State.collecting

    public init() {}

    /// Whether the next byte begins a line.
    public var isBetweenLines: Bool { state == .handedOut || (state == .collecting && partial.count == 0) }

    /// The next line of the stream, taken off the front of `piece`; nil if the piece is used up. A line has `limit` bytes
    /// at most.
    public mutating func next(from piece: inout Bytes, limit: Int) -> Line? {
        if state == .handedOut {
            partial.clear()
            state = .collecting
        }
        while piece.count > 0 {
            let end = piece.offset(of: 0x0a)
            let line = Bytes(rebasing: piece[..<(end ?? piece.count)])
            piece = Bytes(rebasing: piece[min(line.count + 1, piece.count)...])
            if state == .skipping {
                if end != nil { state = .collecting }
                continue
            }
            guard partial.count + line.count <= limit else {
                partial.clear()
                if end == nil { state = .skipping }
                return .tooLong
            }
            guard end != nil else {
                partial.append(line)
                return nil
            }
            guard partial.count > 0 else { return .whole(line) }
            partial.append(line)
            state = .handedOut
            return .whole(partial.bytes)
        }
        return nil
    }
}
