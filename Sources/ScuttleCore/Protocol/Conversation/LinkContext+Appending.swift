/// Messages that have to fit into what is left of a datagram.
extension LinkContext {
    /// The messages of one filling of the send buffer.
    var maxMessages: Int { min(max(replica.configuration.mtu, 1), SendBuffer.maxMessages) }

    /// Whether enough text waits on a stream; a datagram has its own bound.
    var hasFilled: Bool { transport.keepsOrder && output.isFull }

    /// Appends a line if it fits. A line that does not fit an empty datagram is reported.
    func append(within budget: SendBudget, isRequest: Bool = false, _ write: (inout MessageBuffer) -> Void) -> Bool {
        if budget.isLimited, output.measure(write) > budget.bytes { return reportNoSpace(budget) }
        output.append(isRequest: asks, write)
        return true
    }

    /// False. Reports that a message does not fit, if the datagram is empty.
    func reportNoSpace(_ budget: SendBudget) -> Bool {
        if output.end == 0, failures.isEmpty {
            failures.append(Failure(.space, "no message fits a datagram of \(budget.bytes) bytes"))
        }
        return false
    }

    /// Appends a control message, and puts the echo in front of the datagram.
    func appendControl(_ budget: SendBudget, _ append: (SendBudget) -> Bool) -> Bool {
        guard let address = transport.address, address.peerToken > 0, !output.hasEcho else { return append(budget) }
        let echo = Encoding.chosen.bytes(ofEcho: address.peerToken)
        guard append(SendBudget(messages: budget.messages, bytes: budget.bytes - echo)) else { return false }
        output.insertEcho { $0.appendEcho(address.peerToken) }
        return true
    }
}

extension Progress {
    /// As much of a progress as fits. The peer sends the updates of ranges that are left out again.
    /// - Parameter measure: the bytes of the line with such a progress.
    static func fitting(_ whole: Progress?, within bytes: Int, _ measure: (Progress?) -> Int) -> Progress? {
        var progress = whole
        while let count = progress?.ranges.count, measure(progress) > bytes {
            if count == 0 { return nil }
            progress?.ranges.removeLast(count - count * 3 / 4)
        }
        return progress
    }
}
