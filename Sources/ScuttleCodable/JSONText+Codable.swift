#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
public import Scuttle

extension JSONText {
    /// Makes a text of a value.
    ///
    /// - Throws: The errors of the encoder.
    public init(encoding value: some Encodable, with encoder: JSONEncoder = JSONEncoder()) throws {
        self.init([UInt8](try encoder.encode(value)))
    }

    /// Makes a value of the text.
    ///
    /// - Throws: The errors of the decoder.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        try decoder.decode(type, from: Data(bytes))
    }
}

extension Replica {
    /// Sets a key to a value, as `Replica.set(_:to:timeToLive:renews:)` does to its JSON text.
    ///
    /// - Throws: The errors of the encoder, and `ScuttleError`.
    @discardableResult
    public func set(
        _ key: String, toEncoded value: some Encodable, timeToLive: Duration? = nil,
        with encoder: JSONEncoder = JSONEncoder()
    ) throws -> Outcome {
        try set(key, to: JSONText(encoding: value, with: encoder), timeToLive: timeToLive)
    }

    /// Returns the value of a key; nil if it is absent or deleted. Readable in callbacks.
    ///
    /// - Throws: The errors of the decoder, and `ScuttleError`.
    public func get<Value: Decodable>(
        _ key: String, as type: Value.Type, with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value? {
        try get(key)?.value.decode(type, with: decoder)
    }
}
