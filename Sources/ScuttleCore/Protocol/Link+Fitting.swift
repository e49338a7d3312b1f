/// Lines that have to fit into what is left of a datagram.
extension Link {
    /// Appends a line if it fits. A line that does not fit an empty datagram is reported.
    func append(within budget: SendBudget, asks: Bool = false, _ write: (inout MessageBuffer) -> Void) -> Bool {
        if budget.isDatagram, output.measure(write) > budget.bytes { return reportNoSpace(budget) }
        output.append(asks: asks, write)
        return true
    }

    /// As much of a progress as fits. The peer sends the updates of ranges that are left out again.
    /// - Parameter measure: the bytes of the line with such a progress.
    func fitting(_ whole: Progress?, within bytes: Int, _ measure: (Progress?) -> Int) -> Progress? {
        var progress = whole
        while let count = progress?.ranges.count, measure(progress) > bytes {
            if count == 0 { return nil }
            progress?.ranges.removeLast(count - count * 3 / 4)
        }
        return progress
    }

    /// False. Reports that a message does not fit, if the datagram is empty.
    func reportNoSpace(_ budget: SendBudget) -> Bool {
        if output.end == 0, failures.isEmpty {
            failures.append(Failure(.space, "no message fits a datagram of \(budget.bytes) bytes"))
        }
        return false
    }
}
