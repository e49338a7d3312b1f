extension LinkInput {
    /// Loads a save into a new replica. Returns false if the last line is truncated, or if an export lacks its end.
    /// - Parameter judge: reads the lines that are not canonical.
    /// - Throws: the error of the first bad line that is not the last, or of the whole; the replica is then of no further use.
    package mutating func load<Judge: MessageJudge & ~Copyable>(
        _ bytes: Bytes, into replica: Replica, by judge: inout Judge
    ) throws(Failure) -> Bool {
        var loader = Loader(replica)
        var first: Failure?
        func take(_ bytes: Bytes) {
            messages.forEachMessage(of: bytes, by: &judge) { message, _ throws(Failure) in
                try loader.take(message)
            } refuse: { failure, _ in
                first = failure
                return false
            }
        }
        take(bytes)
        if let first { throw first }
        // The last line may lack its end, or be truncated.
        take(Encoding.chosen.lastEnd)
        if let first, first.code == .memory { throw first }
        let isTruncated = first != nil
        return try loader.finish() && !isTruncated
    }
}

extension Loader {
    fileprivate mutating func take(_ message: Message) throws(Failure) {
        switch message {
        case .update(let update): try take(update)
        case .refusedUpdate(let update, let code): throw failure(of: update, code)
        case .refused(let part, _):
            for claim in part { try take(exception: claim) }
            countLine()
        case .digest(let source, let version, isDone: false):
            try take(SourceClaim(source: source, covered: version))
            countLine()
        case .vector(let part):
            for claim in part.claims { try take(claim) }
            take(ended: part)
            countLine()
        case .export(let head): try take(head)
        case .got(let saved): take(saved)
        case .end(let count): try take(endAfter: count)
        case .nothing: break
        case .digest, .done, .hello, .request, .delta, .cover, .mark, .forgot, .commit, .reject, .twin, .echo,
            .challenge:
            throw Failure(.message, "a saved state contains a message that only links send")
        }
    }
}
