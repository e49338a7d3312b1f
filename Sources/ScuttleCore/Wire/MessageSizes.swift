/// The bytes that parts of messages take, so that a message ends before it is too long.
extension Encoding {
    /// The most that a claim or an interval takes: a source's id and up to three versions.
    func maxBytes(ofClaimOf source: Source) -> Int {
        switch self {
        case .json: source.quoted.count + 54
        }
    }

    /// The same of versions that are no higher than another one.
    func maxBytes(ofClaimOf source: Source, upTo version: Version) -> Int {
        switch self {
        case .json: source.quoted.count + 6 + 3 * ByteWriter.digits(of: version)
        }
    }

    /// The most that the claim of a name takes.
    func maxBytes(ofName name: Bytes) -> Int {
        switch self {
        case .json: ByteWriter.escapedCount(of: name) + 80
        }
    }

    /// The bytes of the claim of a retired source.
    func bytes(ofRetiredAt version: Version) -> Int {
        switch self {
        case .json: RetiredClaim.count(version: version)
        }
    }

    /// The most that an exception takes.
    func maxBytes(ofExceptionOf source: Source) -> Int {
        switch self {
        case .json: source.quoted.count + 24
        }
    }

    /// The most that the sections of a vector or a commit take, beyond an empty one.
    var maxSectionBytes: Int {
        switch self {
        case .json: 26
        }
    }

    /// The most that a message with the keys of some tombstones takes.
    func maxBytes(ofForgotten tombstones: [Record]) -> Int {
        switch self {
        case .json: tombstones.reduce(100) { $0 + ByteWriter.escapedCount(of: $1.key) + 3 }
        }
    }

    /// The bytes of an echo.
    func bytes(ofEcho token: UInt64) -> Int {
        switch self {
        case .json: 24 + ByteWriter.digits(of: token)
        }
    }
}
