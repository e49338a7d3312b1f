@testable import Scuttle

/// An update that owns what it says, to be kept and compared.
struct PlainUpdate: Hashable, @unchecked Sendable, CustomStringConvertible {
    var key: [UInt8]
    var value: [UInt8]
    var source: [UInt8]
    var version: Version
    var kind = Update.Kind.value

    var isDelete: Bool { kind != .value }

    init(_ key: String, _ value: String, _ source: String, _ version: Version) {
        self.init(key: [UInt8](key), value: [UInt8](value), source: [UInt8](source), version: version)
    }

    init(delete key: String, _ source: String, _ version: Version) {
        self.init(key, "null", source, version)
        kind = .delete
    }

    init(expiry key: String, _ source: String, _ version: Version) {
        self.init(key, "null", source, version)
        kind = .expiry
    }

    init(key: [UInt8], value: [UInt8], source: [UInt8], version: Version, kind: Update.Kind = .value) {
        (self.key, self.value, self.source) = (key, value, source)
        (self.version, self.kind) = (version, kind)
    }

    init(_ update: Update) {
        self.init(
            key: [UInt8](update.key), value: [UInt8](update.value), source: [UInt8](update.source),
            version: update.version, kind: update.kind)
    }

    init(_ update: IncomingUpdate) {
        self.init(
            key: [UInt8](update.key), value: [UInt8](update.value), source: [UInt8](update.source),
            version: update.version, kind: update.kind)
    }

    /// Lends it as what a peer sent.
    func incoming<Result, Thrown: Error>(
        _ body: (IncomingUpdate) throws(Thrown) -> Result
    ) throws(Thrown) -> Result {
        try key.lend { (key) throws(Thrown) in
            try value.lend { (value) throws(Thrown) in
                try source.lend { (source) throws(Thrown) in
                    try body(
                        IncomingUpdate(key: key, value: value, source: source, version: version, kind: kind))
                }
            }
        }
    }

    /// Lends it as it is shown to resolvers.
    func shown<Result>(_ body: (Update) -> Result) -> Result {
        incoming {
            body(Update(key: $0.key, value: $0.value, source: $0.source, version: version, kind: kind))
        }
    }

    /// The order of last-writer-wins, put otherwise than in the library.
    func isOlder(than other: PlainUpdate) -> Bool {
        if version != other.version { return version < other.version }
        return source.lexicographicallyPrecedes(other.source)
    }

    /// Its line in the canonical form, put together otherwise than in the library.
    var line: String {
        let deleted = (isDelete ? #","deleted":true"# : "") + (kind == .expiry ? #","expired":true"# : "")
        return
            #"{"key":\#(quote(key)),"value":\#(value.text),"source_id":\#(quote(source)),"version":\#(version)\#(deleted)}"#
    }

    var description: String {
        "\(key.text)=\(isDelete ? "\(kind)" : value.text) by \(source.text):\(version)"
    }
}

/// The canonical spelling of a JSON string, for text that is UTF-8.
func quote(_ text: [UInt8]) -> String {
    let short: [Unicode.Scalar: String] = [
        "\"": #"\""#, "\\": #"\\"#, "\u{8}": #"\b"#, "\t": #"\t"#, "\n": #"\n"#, "\u{c}": #"\f"#, "\r": #"\r"#,
    ]
    let inside = text.text.unicodeScalars.map { scalar in
        if let escape = short[scalar] { return escape }
        if scalar.value >= 0x20 { return String(scalar) }
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    return "\"" + inside.joined() + "\""
}
