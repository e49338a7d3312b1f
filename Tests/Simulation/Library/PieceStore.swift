@testable import ScuttleCore

/// A host's file of pieces: what `save` returns, one piece behind the other. A second file, which a compaction writes in calls of a few
/// entries each, replaces it once it has the same.
final class PieceStore {
    private var file: PieceFile
    private var next: PieceFile?
    private var count = 0

    var text: [UInt8] { file.text }

    /// Creates an empty file, or goes on with the one that a replica was just loaded from.
    init(_ text: [UInt8] = [], of replica: Replica? = nil) {
        file = PieceFile(text: text, cursor: replica?.importCursor ?? Cursor())
    }

    /// Appends a piece with what has changed. Each 40th call begins the file anew at once, and each 20th before it begins a second
    /// one, which goes on with the later calls. Each 7th first begins a piece that stops at its second line, as on a full disk.
    func save(_ replica: Replica) throws {
        count += 1
        if count % 40 == 0 { file.cursor = Cursor() }
        if count % 40 == 20 { next = PieceFile() }
        if count % 7 == 0 { try file.saveStopped(replica) }
        // Some hosts keep the old pieces before a whole one.
        try file.save(replica, keepsOld: count % 80 == 0)
        guard var next else { return }
        if count % 7 == 3 { try next.saveStopped(replica) }
        try next.save(replica, entries: 1 + count % 3)
        // What a call has written may be lost, and the next call then gets the cursor before it.
        if count % 11 == 0 { return }
        self.next = next
        if !next.isOpen { (file, self.next) = (next, nil) }
    }

    /// The file, with a part of another piece behind it, which does not count.
    func torn(of replica: Replica, _ number: Int) -> [UInt8] {
        if let next, !next.hasPiece, number % 3 > 0 { return text + next.text[..<(number % (next.text.count + 1))] }
        var whole: [UInt8] = []
        _ = replica.save(from: Cursor()) {
            whole += $0
            return .goOn
        }
        return text + whole[..<(number % whole.count)]
    }
}

/// Pieces, and the cursor behind them.
private struct PieceFile {
    var text: [UInt8] = []
    var cursor = Cursor()
    /// Whether the last piece goes on; and whether one is complete.
    private(set) var isOpen = false
    private(set) var hasPiece = false

    init(text: [UInt8] = [], cursor: Cursor = Cursor()) {
        (self.text, self.cursor) = (text, cursor)
    }

    /// Begins a piece that stops at its second line.
    func saveStopped(_ replica: Replica) throws {
        var lines = 0
        let stopped = replica.save(from: cursor) { _ in
            lines += 1
            return lines < 2 ? .goOn : .stop
        }
        if stopped != nil, lines > 1 {
            throw SimulationFailure(description: "a piece was not stopped")
        }
    }

    /// Appends a piece, or with a limit of entries a part of one.
    mutating func save(_ replica: Replica, keepsOld: Bool = true, entries: Int = .max) throws {
        var (lines, left): ([UInt8], Int) = ([], entries)
        let saved = replica.save(from: cursor) {
            lines += $0
            if $0.begins(with: Bytes(#"{"key":"#)) { left -= 1 }
            return left > 0 ? .goOn : .pause
        }
        guard let saved else { throw SimulationFailure(description: "a piece was stopped") }
        if saved.isWhole, !keepsOld { text = [] }
        text += lines
        cursor = saved.cursor
        isOpen = saved.isOpen
        if !isOpen { hasPiece = true }
    }
}

extension World {
    func saveAll() throws {
        for number in present { try pieces[number]?.save(replicas[number]) }
    }

    /// Returns the pieces of a killed replica, which another one is loaded from, and checks that that one holds the same.
    func killedWithPieces(_ number: Int, _ file: PieceStore) throws -> [UInt8] {
        try file.save(replicas[number])
        let state = now % 2 == 0 ? file.text : file.torn(of: replicas[number], now &* 7919)
        let loaded = try makeReplica(number, from: state)
        try checkEqual(replicas[number], loaded)
        return state
    }

    private func checkEqual(_ replica: Replica, _ loaded: Replica) throws {
        let (before, after) = (entryLines(replica), entryLines(loaded))
        guard before == after else {
            throw SimulationFailure(description: "loaded from pieces: \(after), not \(before)")
        }
        for id in replica.sources.ids where id != SourceTable.own && replica.sources[id].covered > 0 {
            let source = replica.sources[id]
            guard let other = loaded.sources.find(source.id).map({ loaded.sources[$0] }),
                other.covered == source.covered, other.purged == source.purged
            else {
                throw SimulationFailure(
                    description: "loaded from pieces: another vector entry of \([UInt8](source.id).text)")
            }
        }
        let sum = (0..<replica.retired.count).allSatisfy { position in
            let entry = replica.retired[position]
            guard !entry.isHole else { return true }
            if let id = loaded.sources.find(entry.hash) { return loaded.sources[id].covered >= entry.version }
            return loaded.retired.find(entry.hash).map { loaded.retired[$0].packed & ~(1 << 62) }
                == entry.packed & ~(1 << 62)
        }
        guard sum else { throw SimulationFailure(description: "loaded from pieces: other retired sources") }
        let (refused, missing) = (replica.refused?.count ?? 0, loaded.refused?.count ?? 0)
        guard refused == missing else {
            throw SimulationFailure(description: "loaded from pieces: \(missing) exceptions, not \(refused)")
        }
    }

    /// All entries, tombstones included, with their dots and timestamps.
    func entryLines(_ replica: Replica) -> [String] {
        var lines: [String] = []
        replica.keys.forEach { _, record in
            let (dot, timestamp) = (record.dot, record.timestamp)
            lines.append(
                "\([UInt8](record.key).text)=\([UInt8](record.value).text) \(record.kind) "
                    + "\([UInt8](replica.sources[timestamp.source].id).text):\(timestamp.version) "
                    + "\([UInt8](replica.sources[dot.source].id).text):\(dot.version)")
            return true
        }
        return lines.sorted()
    }
}
