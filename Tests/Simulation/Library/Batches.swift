@testable import ScuttleCore

/// What a world needs for batches and for writes with a condition.
struct Batches {
    /// A generator of its own, so that a world without batches has the history that its seed had before there were any.
    var random: Random
    /// The updates that the host of the writing replica has seen; nil between batches.
    var seen: [SeenUpdate]?

    init(seed: UInt64) {
        random = Random(seed: seed ^ 0x62_6174_6368_6573)
    }
}

/// An update as `onUpdate` has reported it.
struct SeenUpdate: Equatable {
    let key: String
    let value: String
    let version: Version
    /// Whether the update was the entry of its key in the callback, and the latest write of the replica.
    var isLatest = true
}

/// A batch before it is written.
struct PendingBatch {
    private(set) var writes: [(write: Write, timeToLive: UInt64)] = []
    /// The writes that become entries; nil: the oracle does not know.
    private(set) var winners: [Write]? = []
    /// The keys that hold a value only afterwards; a key that comes twice counts twice.
    var newKeys = 0
    /// The error of the first write that has one; nil: all of the batch is written.
    var error: Failure.Code?
    /// The index of the write whose key is invalid.
    let invalid: Int?

    init(invalid: Int?) { self.invalid = invalid }

    /// Returns the write that is the entry of a key behind the writes so far; nil if none of them is.
    func standing(_ key: String) -> Int? {
        winners?.last { $0.key == key }?.number
    }

    /// - Parameter isWinner: whether the write becomes the entry of its key; nil: the oracle does not know.
    mutating func add(_ write: Write, _ timeToLive: UInt64, _ isWinner: Bool?) {
        writes.append((write, timeToLive))
        guard let isWinner else { return winners = nil }
        if isWinner { winners?.append(write) }
    }
}

extension World {
    /// Notes an update that a replica reports while it writes a batch.
    func see(_ update: Update, at number: Int) {
        guard batches?.seen != nil else { return }
        let replica = replicas[number]
        let isEntry = replica.entry(of: update.key)?.version == update.version
        batches?.seen?.append(
            SeenUpdate(
                key: [UInt8](update.key).text, value: [UInt8](update.value).text, version: update.version,
                isLatest: isEntry && update.isLocal && replica.version == update.version))
    }
}
