/// Messages out: a stream of bytes to be cut anywhere, or one datagram a read.
extension Link {
    /// Copies what is to be sent into `buffer`; returns the number of bytes, 0 where there is nothing now. O(bytes).
    /// - Throws: on datagram links `.space` where no message fits, `.datagram` where an update does not.
    @_optimize(speed)
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard !isDatagram else { return try readDatagram(into: buffer) }
        var filled = 0
        while filled < buffer.count, fill() {
            let taken = copyOutput(to: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            output.consume(taken)
            filled += taken
        }
        if filled > 0 { shown = 0 }
        noteDrain()
        return filled
    }

    private func readDatagram(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        session.greeter?.memory?.noteRoom(buffer.count)
        let isChallenge =
            transport.address?.appendChallenge(to: &output, within: buffer.count) ?? false
        while !isChallenge, output.count < maxMessages {
            let budget = SendBudget(
                messages: maxMessages - output.count, bytes: buffer.count - output.byteCount)
            guard append(budget) else { break }
        }
        let filled = copyOutput(to: buffer)
        output.consume(filled)
        noteDrain()
        if filled == 0, let failure = takeFailure() { throw failure }
        return filled
    }

    @_optimize(speed)
    private func copyOutput(to buffer: UnsafeMutableRawBufferPointer) -> Int {
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

    /// Fills an empty send buffer of a stream; false if there is nothing to send.
    @inline(never)
    @_optimize(speed)
    func fill() -> Bool {
        guard output.isEmpty else { return true }
        while output.count < maxMessages, !hasFilled,
            append(.stream(messages: maxMessages - output.count))
        {}
        return !output.isEmpty
    }

    @_optimize(speed)
    private func append(_ budget: SendBudget) -> Bool {
        guard let extendedReference else { return session.append(budget, self) }
        return extendedReference._withUnsafeGuaranteedRef { $0.append(budget) }
    }

    /// Whether something is to be sent, as far as can be told without making it.
    @inline(never)
    var hasPending: Bool {
        !output.isEmpty || !failures.isEmpty || transport.address?.challenger ?? 0 > 0
            || session.hasPending
    }
}
