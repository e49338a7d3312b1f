/// Updates in order of arrival, each of another key unless it says otherwise, by sources drawn by chance. Versions are 1 to
/// `count`, each once.
final class UpdateStream {
    enum Order {
        case inOrder
        /// One source in ten arrives this many updates late.
        case lateSources(by: Int)
        /// One update in ten arrives late by up to this many.
        case lateUpdates(by: Int)
        case shuffled
    }

    let records: [Record]
    /// The number of the key that each is of.
    let keys: [Int]

    init(count: Int, sources: Int, _ order: Order, keys keyCount: Int? = nil, after first: Version = 0) {
        var draw = Draw(seed: UInt64(count * 31 + sources))
        var updates = (0..<count).map { number in
            (place: number, number: number, source: draw.below(sources))
        }
        switch order {
        case .inOrder: break
        case .lateSources(let delay):
            for place in updates.indices where updates[place].source % 10 == 1 { updates[place].place += delay }
        case .lateUpdates(let delay):
            for place in updates.indices where draw.below(10) == 0 { updates[place].place += 1 + draw.below(delay) }
        case .shuffled: draw.shuffle(&updates)
        }
        if case .shuffled = order {} else { updates.sort { ($0.place, $0.number) < ($1.place, $1.number) } }
        let keys = updates.map { update in keyCount.map { draw.below($0) } ?? update.number }
        self.keys = keys
        records = zip(updates, keys).map { update, key in
            Record(ofKey: key, source: SourceID(update.source), version: first + Version(update.number) + 1)
        }
    }

    deinit {
        for record in records { record.release() }
    }
}

/// Which question about a source has a certain number of results.
struct Questions {
    private let versions: [[Version]]
    static let results = 100

    /// About updates by sources, among which those of one source ascend by version.
    init(_ records: some Sequence<Record>, sources: Int) {
        var versions: [[Version]] = Array(repeating: [], count: sources)
        for record in records { versions[Int(record.source)].append(record.version) }
        self.versions = versions
    }

    /// The version above which a source has 100 updates; 0 where it has not more than that.
    func bound(of source: Int) -> Version {
        versions[source].dropLast(Self.results).last ?? 0
    }
}
