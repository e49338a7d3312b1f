/// What is asked of a history: the last updates, in order of arrival and by source above a version.
///
/// It owns a reference to each record. Within a source updates arrive by version, as covered ones do.
protocol UpdateLog: ~Copyable {
    static var name: String { get }

    /// Whether it gives the answers that are wanted here, in a time that anybody would wait for.
    static func canTake(_ setting: LogSetting) -> Bool

    init(limit: Int, sources: Int)

    /// Adds an update and forgets the one that arrived first, where there are more than `limit`.
    mutating func remember(_ record: Record)

    /// The updates of a source above a version, ascending.
    mutating func news(of source: SourceID, above version: Version) -> [Record]

    /// All updates, in order of arrival.
    func forEach(_ visit: (Record) -> Void)
}

extension UpdateLog where Self: ~Copyable {
    static func canTake(_ setting: LogSetting) -> Bool { true }
}

/// In what circumstances a history is looked at.
struct LogSetting {
    enum Order: String {
        case inOrder = "in order"
        /// One source in ten is always late.
        case late = "10 % late"
    }

    let limit: Int
    let count: Int
    let sources: Int
    let order: Order

    var name: String {
        "last \(short(limit)) of \(short(count)), \(short(sources)) source\(sources == 1 ? "" : "s"), \(order.rawValue)"
    }
}
