internal import CScuttle
internal import ScuttleC

/// A piece of a save: see ``Replica/save(since:)``.
public struct Piece: Hashable, Sendable {
    /// Lines; empty if nothing has changed.
    public let bytes: [UInt8]
    /// The cursor behind the piece, for the next one.
    public let cursor: Cursor
    /// Whether the piece replaces those before it.
    public let isWhole: Bool
}

extension Replica {
    /// Exports the whole replica: its source, version vector, entries, tombstones and times to live, as lines.
    ///
    /// A replica that imports the lines holds the same map, and continues as another incarnation.
    /// - Complexity: O(bytes held).
    public func export() throws(ScuttleError) -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try code { replica in withLines(into: &bytes) { scuttle_export(replica, $0, $1) } }
        return bytes
    }

    /// Returns a piece of a save: what has changed since a cursor, removed keys and the version vector included.
    ///
    /// ``import(_:)`` and ``Configuration/state`` read any number of pieces, one behind the other, of which each goes on from the one before
    /// it. The last one may be truncated, and does not count then. So a file to which pieces are appended is a whole save at every point.
    /// A piece that ``Piece/isWhole`` replaces the file.
    ///
    /// - Parameter cursor: Of the piece before; after a start from pieces ``savedCursor``. By default the beginning: the piece is whole.
    /// - Complexity: O(what has changed, and sources / 64); of a whole piece O(bytes held).
    public func save(since cursor: Cursor = .beginning) throws(ScuttleError) -> Piece {
        var (bytes, moved) = ([UInt8](), cursor.view)
        let outcome = try outcome { replica in withLines(into: &bytes) { scuttle_save(replica, &moved, $0, $1) } }
        return Piece(bytes: bytes, cursor: Cursor(moved), isWhole: outcome == .gap)
    }

    /// The cursor behind the pieces that the replica was imported from, for the next piece; nil if it was imported from none.
    ///
    /// - Complexity: O(1).
    public var savedCursor: Cursor? {
        get throws(ScuttleError) {
            var view = scuttle_cursor_t()
            _ = try code { scuttle_save($0, &view, nil, nil) }
            return view.incarnation == 0 ? nil : Cursor(view)
        }
    }

    /// Imports a save of any age: the bytes of ``export()``, pieces of ``save(since:)`` in their order, or lines of updates. Only a new replica
    /// can, before any other call.
    ///
    /// - Returns: ``Outcome/done``; ``Outcome/truncated`` if the last line is cut or the end of an export or of the last piece is missing: the
    ///   rest is imported, and peers send the missing updates again.
    /// - Throws: ``ScuttleError/Code/argument`` if the replica is not new; for a bad line the errors of
    ///   ``Link/write(_:)-([UInt8])``, and then nothing is imported.
    /// - Complexity: O(n log n) for n bytes.
    @discardableResult
    public func `import`(_ bytes: [UInt8]) throws(ScuttleError) -> Outcome {
        try outcome { replica in bytes.withUnsafeBytes { scuttle_import(replica, $0.baseAddress, $0.count) } }
    }
}

/// Lends a function of the C interface that appends lines to bytes, with its context.
private func withLines<Result>(
    into bytes: inout [UInt8], _ body: (scuttle_line_fn, UnsafeMutableRawPointer) -> Result
) -> Result {
    withUnsafeMutablePointer(to: &bytes) { bytes in
        body(
            { context, line, count in
                let bytes = context?.assumingMemoryBound(to: [UInt8].self)
                bytes?.pointee.append(contentsOf: UnsafeRawBufferPointer(start: line, count: count))
                return 0
            }, bytes)
    }
}
