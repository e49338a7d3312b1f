#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif
public import Scuttle

extension JSONText {
    /// Makes a text of a value.
    ///
    /// - Throws: What the encoder throws.
    public init(encoding value: some Encodable, with encoder: JSONEncoder = JSONEncoder()) throws {
        self.init([UInt8](try encoder.encode(value)))
    }

    /// Makes a value of the text.
    ///
    /// - Throws: What the decoder throws.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self, with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        try decoder.decode(type, from: Data(bytes))
    }
}

extension Replica {
    /// Sets a key to a value, as `Replica.set(_:to:timeToLive:)` does to its JSON text.
    ///
    /// - Throws: What the encoder throws, and `ScuttleError`.
    @discardableResult
    public func set(
        _ key: String, toEncoded value: some Encodable, timeToLive: Duration? = nil,
        with encoder: JSONEncoder = JSONEncoder()
    ) throws -> Outcome {
        try set(key, to: JSONText(encoding: value, with: encoder), timeToLive: timeToLive)
    }

    /// Returns the value that a key holds; nil if it is absent or deleted. Readable in callbacks.
    ///
    /// - Throws: What the decoder throws, and `ScuttleError`.
    public func get<Value: Decodable>(
        _ key: String, as type: Value.Type, with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value? {
        try get(key)?.value.decode(type, with: decoder)
    }
}
