/// Appending messages that have to fit into the rest of a datagram.
extension LinkContext {
    /// The maximum number of messages in one filling of the send buffer.
    var maxMessages: Int { min(max(replica.configuration.mtu, 1), SendBuffer.maxMessages) }

    /// Whether the send buffer of a stream has enough text. The capacity limits a datagram.
    var hasFilled: Bool { transport.keepsOrder && output.isFull }

    /// Appends a line if it fits. Reports a line that does not fit an empty datagram.
    func append(within budget: SendBudget, isRequest: Bool = false, _ write: (inout MessageBuffer) -> Void) -> Bool {
        if budget.isLimited, output.measure(write) > budget.bytes { return reportNoSpace(budget) }
        output.append(isRequest: isRequest, write)
        return true
    }

    /// Reports that a message does not fit, if the datagram is empty. Always returns false.
    func reportNoSpace(_ budget: SendBudget) -> Bool {
        if output.end == 0, failures.isEmpty {
            failures.append(Failure(.space, "the capacity is \(budget.bytes) bytes; no message fits"))
        }
        return false
    }

    /// Appends a control message, and an echo in front of its datagram.
    func appendControl(_ budget: SendBudget, _ append: (SendBudget) -> Bool) -> Bool {
        guard let address = transport.address, address.peerToken > 0, !output.hasEcho else { return append(budget) }
        let echo = Encoding.chosen.bytes(ofEcho: address.peerToken)
        guard append(SendBudget(messages: budget.messages, bytes: budget.bytes - echo)) else { return false }
        output.insertEcho { $0.appendEcho(address.peerToken) }
        return true
    }
}

extension Progress {
    /// Returns as much of a progress as fits. The peer sends the updates of the omitted ranges again.
    /// - Parameter measure: returns the size of the line with a progress.
    static func fitting(_ whole: Progress?, within bytes: Int, _ measure: (Progress?) -> Int) -> Progress? {
        var progress = whole
        while let count = progress?.ranges.count, measure(progress) > bytes {
            if count == 0 { return nil }
            progress?.ranges.removeLast(count - count * 3 / 4)
        }
        return progress
    }
}
