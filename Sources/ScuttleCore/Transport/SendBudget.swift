/// How much the send buffer may still take in one filling.
struct SendBudget {
    var messages: Int
    /// Bytes that the datagram has left; `.max` on a stream.
    var bytes: Int

    /// The budget of a filling of a stream: a reader may stop in the middle of a message, so bytes have no limit.
    static func stream(messages: Int) -> SendBudget { SendBudget(messages: messages, bytes: .max) }

    /// Whether each message has to fit into what is left of a datagram.
    var isLimited: Bool { bytes != .max }

    /// The bytes that the items of a line may take: all that the datagram has left beside the line's frame; on a stream `length`.
    func lineCapacity(beside frame: @autoclosure () -> Int, onStream length: Int) -> Int {
        isLimited ? bytes - frame() : length
    }

    /// Takes bytes off that a message has used.
    mutating func spend(_ count: Int) {
        if isLimited { bytes -= count }
    }

    /// Lines that name many sources are broken here on a stream, so that no receiver has to take a long one.
    static var maxLine: Int { 1000 }
    /// The first ones are shorter: some get across even on a link that breaks soon.
    static var minLine: Int { 125 }

    /// What the names of the sections of a vector take, beyond an empty one.
    static var sections: Int { Encoding.chosen.maxSectionBytes }

    /// The most that a part of a line with a source's id and up to three versions takes.
    static func cost(of source: Source) -> Int {
        Encoding.chosen.maxBytes(ofClaimOf: source)
    }

    /// The same of versions that are no higher than another one.
    static func cost(of source: Source, upTo version: Version) -> Int {
        Encoding.chosen.maxBytes(ofClaimOf: source, upTo: version)
    }
}
