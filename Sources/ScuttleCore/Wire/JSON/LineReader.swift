extension LineSplitter {
    /// Reads the messages of a piece of a stream: see `MessageReader`.
    @inline(__always)
    mutating func forEachMessage<Judge: MessageJudge & ~Copyable>(
        of bytes: Bytes, by judge: inout Judge, take: (Message, Bytes) throws(Failure) -> Void,
        refuse: (Failure, Bool) -> Bool
    ) {
        var rest = bytes
        while true {
            var isRead = false
            do throws(Failure) {
                // Most lines are read without a search for their end.
                let front = rest
                if isBetweenLines, let update = CanonicalUpdate.readFirst(of: &rest, judge.limits) {
                    isRead = true
                    try take(.update(update), Bytes(rebasing: front[..<(front.count &- rest.count &- 1)]))
                    continue
                }
                switch next(from: &rest, limit: judge.limits.messageBytes) {
                case nil: return
                case .whole(let text):
                    try judge.read(text) { message throws(Failure) in
                        isRead = true
                        try take(message, text)
                    }
                case .noMemory: throw Failure.outOfMemory
                case .tooLong:
                    throw Failure(
                        .messageSize, "a line is too long; max_message_bytes is \(judge.limits.messageBytes)")
                }
            } catch {
                guard refuse(error, isRead) else { return }
            }
        }
    }
}

extension MessageJudge where Self: ~Copyable {
    /// Reads one message: here if it is canonical, as most are, and by the judge otherwise.
    @_optimize(speed)
    package mutating func read(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure) {
        if let update = CanonicalUpdate.read(line, limits) { return try take(.update(update)) }
        try readOther(line, take)
    }

    /// Reads a message that is no canonical update. Not inlined, because `take` is large.
    @inline(never)
    private mutating func readOther(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure) {
        // Covers follow every batch of updates.
        if let cover = CanonicalCover.read(line) { return try take(.cover(cover)) }
        if let message = CanonicalControl.read(line) { return try take(message) }
        try judge(line, take)
    }
}
