@testable import ScuttleCore

/// An update that owns its fields, to be kept and compared.
struct PlainUpdate: Hashable, @unchecked Sendable, CustomStringConvertible {
    /// The timestamp of a republished update.
    struct Written: Hashable {
        var source: [UInt8]
        var version: Version
    }

    var key: [UInt8]
    var value: [UInt8]
    /// The source and version of the dot.
    var source: [UInt8]
    var version: Version
    var kind = Update.Kind.value
    /// The timestamp; nil if it is the dot.
    var written: Written?
    /// The time to live; nil if there is none.
    var timeToLive: UInt64?
    var age: UInt64 = 0

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

    /// Creates an expiry of a write.
    init(expiry write: PlainUpdate, _ source: String, _ version: Version) {
        self.init(
            key: write.key, value: [UInt8]("null"), source: [UInt8](source), version: version, kind: .expiry,
            written: Written(source: write.writer, version: write.writtenVersion))
    }

    /// Returns the update with a time to live.
    func living(for timeToLive: UInt64, age: UInt64 = 0) -> PlainUpdate {
        var update = self
        (update.timeToLive, update.age) = (timeToLive, age)
        return update
    }

    init(
        key: [UInt8], value: [UInt8], source: [UInt8], version: Version, kind: Update.Kind = .value,
        written: Written? = nil
    ) {
        (self.key, self.value, self.source) = (key, value, source)
        (self.version, self.kind, self.written) = (version, kind, written)
    }

    /// Returns the write under another dot.
    func republished(_ source: String, _ version: Version) -> PlainUpdate {
        PlainUpdate(
            key: key, value: value, source: [UInt8](source), version: version, kind: kind,
            written: Written(source: writer, version: writtenVersion))
    }

    /// The source and version of the timestamp.
    var writer: [UInt8] { written?.source ?? source }
    var writtenVersion: Version { written?.version ?? version }

    /// The update under its timestamp, as hosts see it.
    var write: PlainUpdate {
        PlainUpdate(key: key, value: value, source: writer, version: writtenVersion, kind: kind)
    }

    init(_ update: Update) {
        self.init(
            key: [UInt8](update.key), value: [UInt8](update.value), source: [UInt8](update.dotSource),
            version: update.dotVersion, kind: update.kind)
        let written = Written(source: [UInt8](update.source), version: update.version)
        if written != Written(source: source, version: version) { self.written = written }
    }

    init(_ update: IncomingUpdate) {
        self.init(
            key: [UInt8](update.key), value: [UInt8](update.value), source: [UInt8](update.source),
            version: update.version, kind: update.kind,
            written: update.written.map { Written(source: [UInt8]($0.source), version: $0.version) })
        if update.timeToLive != .max { timeToLive = update.timeToLive }
        age = update.age
    }

    /// Lends the update as an `IncomingUpdate`.
    func incoming<Result, Thrown: Error>(
        _ body: (IncomingUpdate) throws(Thrown) -> Result
    ) throws(Thrown) -> Result {
        try key.lend { (key) throws(Thrown) in
            try value.lend { (value) throws(Thrown) in
                try source.lend { (source) throws(Thrown) in
                    try writer.lend { (writer) throws(Thrown) in
                        try body(
                            IncomingUpdate(
                                key: key, value: value, source: source, version: version, kind: kind,
                                written: written.map { (writer, $0.version) }, timeToLive: timeToLive ?? .max,
                                age: age))
                    }
                }
            }
        }
    }

    /// Lends the update as an `Update`.
    func shown<Result>(_ body: (Update) -> Result) -> Result {
        incoming {
            body(
                Update(
                    key: $0.key, value: $0.value, source: $0.writer, version: writtenVersion, kind: kind,
                    dotSource: $0.source, dotVersion: version))
        }
    }

    /// Returns whether another update wins by last-writer-wins, implemented differently from the library.
    func isOlder(than other: PlainUpdate) -> Bool {
        if writtenVersion != other.writtenVersion { return writtenVersion < other.writtenVersion }
        return writer.lexicographicallyPrecedes(other.writer)
    }

    /// The line of the update in canonical form, implemented differently from the library.
    var line: String {
        let written = written.map { #","written":[\#(quote($0.source)),\#($0.version)]"# } ?? ""
        let deleted = (isDelete ? #","deleted":true"# : "") + (kind == .expiry ? #","expired":true"# : "")
        return
            #"{"key":\#(quote(key)),"value":\#(value.text),"source_id":\#(quote(source)),"version":\#(version)"#
            + written + (timeToLive.map { #","ttl":\#($0)"# } ?? "") + (age > 0 ? #","age":\#(age)"# : "") + deleted
            + "}"
    }

    var description: String {
        "\(key.text)=\(isDelete ? "\(kind)" : value.text) by \(source.text):\(version)"
            + (written.map { " of \($0.source.text):\($0.version)" } ?? "")
    }
}

/// Returns the canonical spelling of a JSON string, for text that is UTF-8.
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
