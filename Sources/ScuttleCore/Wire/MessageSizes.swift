/// The sizes of parts of messages, by which a message ends before it is too long.
extension Encoding {
    /// Returns the greatest size of a claim or an interval: a source's id and up to three versions.
    func maxBytes(ofClaimOf source: Source) -> Int {
        switch self {
        case .json: source.quoted.count + 54
        }
    }

    /// Returns the greatest size of a claim or an interval whose versions are no higher than `version`.
    func maxBytes(ofClaimOf source: Source, upTo version: Version) -> Int {
        switch self {
        case .json: source.quoted.count + 6 + 3 * ByteWriter.digits(of: version)
        }
    }

    /// Returns the greatest size of the claim of a name.
    func maxBytes(ofName name: Bytes) -> Int {
        switch self {
        case .json: ByteWriter.escapedCount(of: name) + 80
        }
    }

    /// Returns the size of the claim of a retired source.
    func bytes(ofRetiredAt version: Version) -> Int {
        switch self {
        case .json: RetiredClaim.count(version: version)
        }
    }

    /// Returns the greatest size of an exception.
    func maxBytes(ofExceptionOf source: Source) -> Int {
        switch self {
        case .json: source.quoted.count + 24
        }
    }

    /// The greatest size of the sections of a vector or a commit, beyond an empty one.
    var maxSectionBytes: Int {
        switch self {
        case .json: 26
        }
    }

    /// Returns the greatest size of a message with the keys of some tombstones.
    func maxBytes(ofForgotten tombstones: [Record]) -> Int {
        switch self {
        case .json: tombstones.reduce(100) { $0 + ByteWriter.escapedCount(of: $1.key) + 3 }
        }
    }

    /// Returns the size of an echo.
    func bytes(ofEcho token: UInt64) -> Int {
        switch self {
        case .json: 24 + ByteWriter.digits(of: token)
        }
    }
}
