/// The output of a link: a stream of bytes that the host may cut anywhere, or one datagram for each read.
extension Link {
    /// Copies the next output into `buffer`. Returns the number of bytes: 0 if there is nothing to send now. O(bytes).
    /// - Throws: on datagram links `.space` if no message fits, `.datagram` if an update does not.
    @_optimize(speed)
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        guard !isDatagram else { return try readDatagram(into: buffer) }
        var filled = 0
        while filled < buffer.count, fill() {
            let copied = copyOutput(to: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            send(copied)
            filled += copied
        }
        if filled > 0 { shown = 0 }
        noteDrain()
        return filled
    }

    private func readDatagram(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int {
        session.helloSession?.memory?.noteCapacity(buffer.count)
        let isChallenge =
            transport.address?.appendChallenge(to: &output, within: buffer.count) ?? false
        while !isChallenge, output.count < maxMessages {
            let budget = SendBudget(
                messages: maxMessages - output.count, bytes: buffer.count - output.byteCount)
            guard append(budget) else { break }
        }
        let filled = copyOutput(to: buffer)
        send(filled)
        noteDrain()
        if filled == 0, let failure = removeFailure() { throw failure }
        return filled
    }

    /// Removes the front of the output and counts it as sent.
    @inline(never)
    @_optimize(speed)
    private func send(_ bytes: Int) {
        let messages = output.count
        output.consume(bytes)
        traffic.bytesOut &+= UInt64(truncatingIfNeeded: bytes)
        traffic.messagesOut &+= UInt64(truncatingIfNeeded: messages &- output.count)
    }

    @_optimize(speed)
    private func copyOutput(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        var copied = 0
        output.visitSpans { span in
            let count = min(span.count, buffer.count - copied)
            guard count > 0, let from = span.baseAddress, let to = buffer.baseAddress else { return }
            (to + copied).copyMemory(from: from, byteCount: count)
            copied += count
        }
        return copied
    }

    /// Visits the next output, in up to `maxCount` pieces, which stay valid until the next call. O(pieces).
    /// - Throws: `.unsupported` on a datagram link, because a datagram cannot be cut and its capacity is unknown here.
    @_optimize(speed)
    public func peek(maxCount: Int, _ visit: (Bytes) -> Void) throws(Failure) {
        guard !isDatagram else {
            throw Failure(.unsupported, "a datagram link has no peek, because a datagram depends on the capacity")
        }
        noteDrain()
        _ = fill()
        shown = 0
        output.visitSpans(maxCount: min(maxCount, SendBuffer.maxMessages)) { span in
            shown += span.count
            visit(span)
        }
    }

    /// Removes bytes that `peek` has shown.
    /// - Throws: `.argument` if `peek` has shown fewer.
    public func consume(_ count: Int) throws(Failure) {
        guard count >= 0, count <= shown else {
            throw Failure(.argument, "the count to consume is \(count); the last peek showed \(shown) bytes")
        }
        send(count)
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

    /// Whether something is pending, as far as this is known without encoding it.
    @inline(never)
    var hasPending: Bool {
        !output.isEmpty || !failures.isEmpty || transport.address?.challenger ?? 0 > 0
            || session.hasPending
    }
}
