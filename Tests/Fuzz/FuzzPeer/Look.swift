@testable import ScuttleCore

/// The visible state of a replica as text: two looks are equal if nothing that matters has changed between them. A look changes
/// nothing, unlike an export.
struct Look: Equatable {
    /// The lines of all entries by arrival, tombstones included.
    let entries: [UInt8]
    /// The version vector, retired sources and names.
    let vector: [UInt8]
    /// Exceptions to the vector.
    let exceptions: [UInt8]
    /// The Lamport number, the GC epoch, and whether a classic peer was met.
    let numbers: [UInt64]

    init(_ replica: Replica) {
        entries = MessageBuffer.bytes { text in
            replica.arrivals.forEach(after: 0, in: replica.keys) { record in
                text.append(UpdateLine(of: record, in: replica))
                return true
            }
        }
        vector = MessageBuffer.bytes { text in
            for id in replica.sources.inOrder() where replica.sources[id].covered > 0 {
                let source = replica.sources[id]
                text.appendClaim(source, source.covered, source.purged, isFirst: false)
            }
            func append(_ write: (inout MessageBuffer) -> Void) -> Bool {
                write(&text)
                return true
            }
            _ = replica.exportNames(since: 0, append) && replica.exportRetired(from: 0, append)
        }
        exceptions = MessageBuffer.bytes { text in
            _ = replica.exportExceptions { write in
                write(&text)
                return true
            }
        }
        numbers = [replica.version, replica.epoch, replica.hasMetClassic ? 1 : 0]
    }

    /// Returns the difference of two looks, for a person.
    static func difference(_ before: Look, _ after: Look) -> String {
        func pair(_ name: String, _ a: [UInt8], _ b: [UInt8]) -> String {
            a == b
                ? ""
                : "\n\(name) before: \(String(decoding: a, as: UTF8.self))\n\(name) after: \(String(decoding: b, as: UTF8.self))"
        }
        return pair("entries", before.entries, after.entries) + pair("vector", before.vector, after.vector)
            + pair("exceptions", before.exceptions, after.exceptions)
            + (before.numbers == after.numbers ? "" : "\nnumbers \(before.numbers), \(after.numbers)")
    }
}

extension Replica {
    /// A part of a vector without claims, whatever the replica's state.
    fileprivate var emptyVector: VectorPart {
        VectorPart(
            incarnation: 0, epoch: 0, nonce: 0, since: 0, until: 0, from: 0, to: 0, isLast: false, lamport: 0,
            progress: nil, claims: [])
    }

    /// The live entries by key with their timestamps, in which replicas of one map have to agree.
    var live: [String] {
        var lines: [String] = []
        keys.forEach { _, record in
            guard !record.isDelete else { return true }
            let timestamp = record.timestamp
            let texts = [record.key, record.value, sources[timestamp.source].id].map {
                String(decoding: $0, as: UTF8.self)
            }
            lines.append(
                "\(texts[0])=\(texts[1].count > 40 ? "\(texts[1].count) bytes" : texts[1]) by \(texts[2]):\(timestamp.version)"
            )
            return true
        }
        return lines.sorted()
    }

    /// The count of keys, sources in full and retired, names and exceptions.
    var weight: Int {
        keys.liveCount + keys.tombstoneCount + sources.liveCount + sources.limboCount + retired.liveCount
            + sources.names.count + (refused?.count ?? 0)
    }
}
