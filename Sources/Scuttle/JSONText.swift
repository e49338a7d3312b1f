/// A JSON text: what keys hold. A replica checks it when it is set.
///
/// Insignificant white space is dropped then, and everything else keeps its spelling, so that numbers of any length survive. A literal is
/// a text: `try replica.set("lamp", to: "{\"on\": true}")`. The module `ScuttleCodable` makes texts of `Encodable` values.
public struct JSONText: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The text, in UTF-8.
    public var bytes: [UInt8]

    /// Makes a text of a string.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Makes a text of UTF-8. A replica refuses bytes that are none.
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
