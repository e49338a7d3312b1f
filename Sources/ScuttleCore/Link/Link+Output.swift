/// Messages out: a stream of bytes to be cut anywhere, or one datagram a read.
extension Link {
    /// Copies what is to be sent into `buffer`; returns the number of bytes, 0 where there is nothing now. O(bytes).
    /// - Throws: on datagram links `.space` where no message fits, `.datagram` where an update does not.
    @_optimize(speed)
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard !isDatagram else { return try readDatagram(into: buffer) }
        var filled = 0
        while filled < buffer.count, fill() {
            let taken = copyBatch(to: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            output.consume(taken)
            filled += taken
        }
        if filled > 0 { shown = 0 }
        noteDrain()
        return filled
    }

    private func readDatagram(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        memory?.noteRoom(buffer.count)
        let isChallenge = appendChallenge(within: buffer.count)
        while !isChallenge, output.count < maxMessages {
            let budget = SendBudget(messages: maxMessages - output.count, bytes: buffer.count - output.byteCount)
            guard appendNext(budget) else { break }
        }
        let filled = copyBatch(to: buffer)
        output.consume(filled)
        noteDrain()
        if filled == 0, !failures.isEmpty { throw takeFailure() }
        return filled
    }

    @inline(never)
    private func takeFailure() -> Failure {
        defer {
            firstFailure += 1
            if firstFailure == failures.count { (failures, firstFailure) = ([], 0) }
        }
        return failures[firstFailure]
    }

    @_optimize(speed)
    private func copyBatch(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        var taken = 0
        output.visitSpans { span in
            let count = min(span.count, buffer.count - taken)
            guard count > 0, let from = span.baseAddress, let to = buffer.baseAddress else { return }
            (to + taken).copyMemory(from: from, byteCount: count)
            taken += count
        }
        return taken
    }

    /// Shows what is to be sent, in up to `most` pieces, which stay valid until the next call. O(pieces).
    /// - Throws: `.unsupported` on a datagram link, where nothing can be cut and so the capacity must be known.
    @_optimize(speed)
    public func peek(most: Int, _ visit: (Bytes) -> Void) throws(Failure) {
        guard !isDatagram else {
            throw Failure(.unsupported, "a datagram cannot be peeked at: what is in it depends on the capacity")
        }
        noteDrain()
        _ = fill()
        shown = 0
        output.visitSpans(maxCount: min(most, SendBuffer.maxMessages)) { span in
            shown += span.count
            visit(span)
        }
    }

    /// Lets go of bytes that `peek` showed.
    /// - Throws: `.argument` where there are not as many.
    public func consume(_ count: Int) throws(Failure) {
        guard count >= 0, count <= shown else {
            throw Failure(.argument, "\(count) bytes are more than the \(shown) that were shown")
        }
        output.consume(count)
        shown -= count
        noteDrain()
    }

    /// Enough text waits on a stream; what a datagram takes has its own bound.
    var hasFilled: Bool { !isDatagram && output.isFull }

    var maxMessages: Int {
        min(max(replica.configuration.mtu, 1), SendBuffer.maxMessages)
    }

    /// Fills the send buffer of a stream if it is empty; false if there is nothing to send.
    @inline(never)
    @_optimize(speed)
    func fill() -> Bool {
        guard output.isEmpty else { return true }
        while output.count < maxMessages, !hasFilled,
            appendNext(.stream(messages: maxMessages - output.count))
        {}
        return !output.isEmpty
    }

    /// Whether something is to be sent, as far as can be told without making it.
    var hasPending: Bool {
        if !output.isEmpty || !pending.isEmpty || !failures.isEmpty || address?.challenger ?? 0 > 0 { return true }
        if let classic, classic.backlog > 0 { return true }
        if let outgoing, outgoing.hasMore(in: replica) { return true }
        guard let follows else { return false }
        return follows < replica.history.end || checkedDetours != replica.detours
    }

    @_optimize(speed)
    private func appendNext(_ budget: SendBudget) -> Bool {
        if !pending.isEmpty, pending.reject != nil || !hasEnded { return appendControl(budget) }
        switch dialect {
        case .ended: return false
        case .extended: return appendAnswer(budget)
        case .unknown, .classic: return appendClassic()
        }
    }
}
