extension LinkInput {
    /// Loads a save into a new replica. Returns false if the last line is truncated, or if an export lacks its end.
    /// - Parameter judge: reads the lines that are not canonical.
    /// - Throws: the error of the first bad line that is not the last, or of the whole save. The replica is unusable
    ///   then.
    package mutating func load<Judge: MessageJudge & ~Copyable>(
        _ bytes: Bytes, into replica: Replica, by judge: inout Judge
    ) throws(Failure) -> Bool {
        var loader = Loader(replica)
        var first: Failure?
        func load(_ bytes: Bytes) {
            messages.forEachMessage(of: bytes, by: &judge) { message, _ throws(Failure) in
                try loader.load(message)
            } refuse: { failure, _ in
                first = failure
                return false
            }
        }
        load(bytes)
        if let first { throw first }
        // The last line may lack its end, or be truncated.
        load(Encoding.chosen.lastEnd)
        if let first, first.code == .memory { throw first }
        let isTruncated = first != nil
        return try loader.finish() && !isTruncated
    }
}

extension Loader {
    @inline(never)
    fileprivate mutating func load(_ message: Message) throws(Failure) {
        switch message {
        case .update(let update): try load(update)
        case .refusedUpdate(let update, let code): throw failure(of: update, code)
        case .refused(let part, _):
            try load(exceptions: part)
        case .digest(let source, let version, isDone: false):
            try load([SourceClaim(source: source, covered: version)])
        case .vector(let part):
            try load(part.claims)
            load(ended: part)
        case .export(let head): try load(head)
        case .got(let saved): load(saved)
        case .removed(let key): load(removed: key)
        case .end(let count): try load(endAfter: count)
        case .nothing: break
        case .digest, .done, .hello, .request, .delta, .cover, .mark, .forgot, .commit, .reject, .twin, .echo,
            .challenge:
            throw Failure(.message, "a saved state contains a message that only links send")
        }
    }
}
