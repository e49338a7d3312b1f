/// The messages and bytes that one filling of the send buffer may add.
struct SendBudget {
    var messages: Int
    /// The bytes left in the datagram; `.max` on a stream.
    var bytes: Int

    /// The budget of a filling of a stream. A reader may stop in the middle of a message, so bytes have no limit.
    static func stream(messages: Int) -> SendBudget { SendBudget(messages: messages, bytes: .max) }

    /// Whether each message has to fit into the rest of a datagram.
    var isLimited: Bool { bytes != .max }

    /// Returns the capacity for the items of a line: in a datagram its rest without the line's frame; on a stream
    /// `length`.
    func lineCapacity(beside frame: @autoclosure () -> Int, onStream length: Int) -> Int {
        isLimited ? bytes - frame() : length
    }

    /// Subtracts the bytes of a message.
    mutating func spend(_ count: Int) {
        if isLimited { bytes -= count }
    }

    /// The maximum length of a line that names many sources, on a stream. It keeps receivers from long lines.
    static var maxLine: Int { 1000 }
    /// The length of the first such lines: some of them arrive even if the link breaks soon.
    static var minLine: Int { 125 }

    /// The maximum size that the names of a vector's sections add to an empty vector.
    static var sections: Int { Encoding.chosen.maxSectionBytes }

    /// Returns the maximum size of a source's id and up to three versions in a line.
    static func cost(of source: Source) -> Int {
        Encoding.chosen.maxBytes(ofClaimOf: source)
    }

    /// The same for versions up to `version`.
    static func cost(of source: Source, upTo version: Version) -> Int {
        Encoding.chosen.maxBytes(ofClaimOf: source, upTo: version)
    }
}
