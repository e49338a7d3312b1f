@testable import ScuttleCore

/// A host's file of pieces: what `save` returns, one piece behind the other.
final class PieceStore {
    private(set) var text: [UInt8] = []
    private var cursor: Cursor
    private var count = 0

    /// Creates an empty file, or goes on with the one that a replica was just loaded from.
    init(_ text: [UInt8] = [], of replica: Replica? = nil) {
        self.text = text
        cursor = replica?.importCursor ?? Cursor()
    }

    /// Appends a piece with what has changed. Each 40th call begins the file anew, as a compaction does; each 7th first begins a
    /// piece that stops at its second line, as on a full disk.
    func save(_ replica: Replica) throws {
        count += 1
        if count % 40 == 0 { cursor = Cursor() }
        if count % 7 == 0 {
            var lines = 0
            let stopped = replica.save(from: cursor) { _ in
                lines += 1
                return lines < 2
            }
            if let stopped, stopped.cursor != cursor {
                throw SimulationFailure(description: "a piece that was stopped has moved its cursor")
            }
        }
        var piece: [UInt8] = []
        let saved = replica.save(from: cursor) {
            piece += $0
            return true
        }
        guard let saved else { throw SimulationFailure(description: "a piece was stopped") }
        // Some hosts keep the old pieces before a whole one.
        if saved.isWhole, count % 80 != 0 { text = [] }
        text += piece
        cursor = saved.cursor
    }

    /// The file, with a part of another piece behind it, which does not count.
    func torn(of replica: Replica, _ number: Int) -> [UInt8] {
        var whole: [UInt8] = []
        _ = replica.save(from: Cursor()) {
            whole += $0
            return true
        }
        return text + whole[..<(number % whole.count)]
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
