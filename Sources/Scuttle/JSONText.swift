/// A JSON text, the value of a key. A replica checks it when it is set.
///
/// The replica removes insignificant white space and keeps the spelling of the rest, so numbers of any length survive. A
/// literal is a text: `try replica.set("lamp", to: "{\"on\": true}")`. The module `ScuttleCodable` encodes `Encodable` values.
public struct JSONText: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text, in UTF-8.
    public var bytes: [UInt8]

    /// Makes a text of a string.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Makes a text of UTF-8. A replica rejects bytes that are not UTF-8.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Makes a text of a literal.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// The text as a string.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
