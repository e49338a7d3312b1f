extension Replica {
    /// Hands out all that this replica is, line by line: its entries, tombstones included, and its clock as digests. A
    /// replica of the same id that loads them goes on as this one. Stops where `visit` returns false. O(bytes held).
    public func export(_ visit: (Bytes) -> Bool) {
        renewPromise()
        for record in keys.records {
            guard visit(record.line) else { return }
        }
        var text = ByteBuffer()
        for id in sources.inOrder() where sources[id].covered > 0 {
            text.clear()
            _ = text.appendDigest(of: sources[id])
            guard visit(text.bytes) else { return }
        }
    }
}
