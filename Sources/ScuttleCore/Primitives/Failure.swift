/// The reason why a call or a message is rejected. A function that throws a `Failure` has changed nothing.
public struct Failure: Error {
    /// The values of `SCUTTLE_E_…` in scuttle.h: each has one meaning for ever.
    public enum Code: Int32, CaseIterable, Sendable {
        case argument = -1
        case memory = -2
        case busy = -3
        case unsupported = -4
        case structSize = -5
        case space = -6
        case id = -7
        case key = -8
        case nul = -9
        case utf8 = -10
        case json = -11
        case duplicate = -12
        case number = -13
        case depth = -14
        case message = -15
        case version = -16
        case versionJump = -17
        case identity = -18
        case readOnly = -19
        case messageSize = -20
        case keySize = -21
        case valueSize = -22
        case sources = -23
        case links = -24
        case exhausted = -25
        case cluster = -26
        case protocolVersion = -27
        case rejected = -28
        case datagram = -29
        case corrupt = -30
        case resolver = -31
        case unasked = -32
        case refused = -33
        case keys = -34
        case bytes = -35
        case timeToLive = -36
        case store = -37
        case forked = -38
    }

    public let sentence: Sentence
    public let code: Code

    public init(_ code: Code, _ sentence: Sentence) {
        self.code = code
        self.sentence = sentence
    }

    /// The error for a lack of memory. It has no particulars, which would need memory.
    public static var outOfMemory: Failure { Failure(.memory, Sentence()) }

    /// The particulars in English, for a person.
    public var detail: String { String(decoding: sentence.bytes, as: UTF8.self) }
}
