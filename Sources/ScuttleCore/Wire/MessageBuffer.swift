/// A buffer of outgoing messages, one behind the other, in an encoding.
///
/// A message that names many sources is written in parts: a start, its claims, and an end. The caller passes whether a claim is
/// the first of its kind. The functions are inlined, because they only choose the encoding.
package struct MessageBuffer: ~Copyable {
    let encoding: Encoding
    var text = ByteBuffer()

    package init(in encoding: Encoding = .chosen) {
        self.encoding = encoding
    }

    package var bytes: Bytes { text.bytes }
    package var count: Int { text.count }
    /// Whether the memory is large enough to be worth returning to the system.
    var isLarge: Bool { text.isLarge }

    /// Appends messages that are encoded already.
    package mutating func append(_ messages: Bytes) {
        text.append(messages)
    }

    /// Reserves `extra` bytes, so that the buffer grows once.
    mutating func makeRoom(for extra: Int) {
        _ = text.reserve(extra)
    }

    /// Removes the bytes behind the first `count`.
    mutating func truncate(to count: Int) {
        text.truncate(to: count)
    }

    /// Moves the bytes from `start` on in front of those from `destination` on. O(bytes behind `destination`).
    mutating func move(from start: Int, to destination: Int) {
        text.move(from: start, to: destination)
    }

    /// Removes all bytes, and frees the memory if it is large.
    mutating func clear() {
        text.clear()
    }
}

// MARK: - Control messages

extension MessageBuffer {
    @inline(__always)
    mutating func appendHello(_ hello: Hello) {
        switch encoding {
        case .json: text.putJSON(hello)
        }
    }

    @inline(__always)
    mutating func appendRequest(_ request: VectorRequest) {
        switch encoding {
        case .json: text.putJSON(request)
        }
    }

    @inline(__always)
    mutating func appendReject(_ reason: RejectReason) {
        switch encoding {
        case .json: text.putJSON(reason)
        }
    }

    /// Appends that another live incarnation of the peer's name exists.
    @inline(__always)
    mutating func appendTwin() {
        switch encoding {
        case .json: text.putJSONTwin()
        }
    }

    /// Appends the receiver's token, which proves the address of a datagram's sender.
    @inline(__always)
    mutating func appendEcho(_ token: UInt64) {
        switch encoding {
        case .json: text.putJSONEcho(token)
        }
    }

    /// Appends the token that the receiver has to echo.
    @inline(__always)
    mutating func appendChallenge(_ token: UInt64) {
        switch encoding {
        case .json: text.putJSONChallenge(token)
        }
    }
}

// MARK: - Vectors and commits

extension MessageBuffer {
    /// Begins a part of a vector; claims and `appendClaimsEnd` follow.
    @inline(__always)
    mutating func appendVector(_ part: VectorPart) {
        switch encoding {
        case .json: text.putJSONStart(of: part)
        }
    }

    /// Begins a part of a commit; claims and `appendClaimsEnd` follow.
    @inline(__always)
    mutating func appendCommit(_ part: CommitPart) {
        switch encoding {
        case .json: text.putJSONStart(of: part)
        }
    }

    @inline(__always)
    mutating func appendClaim(_ source: Source, _ covered: Version, _ purged: Version, isFirst: Bool) {
        switch encoding {
        case .json: text.putJSONClaim(source, covered, purged, isFirst: isFirst)
        }
    }

    @inline(__always)
    mutating func appendCommitClaim(
        _ source: Source, _ since: Version, _ covered: Version, _ purged: Version, isFirst: Bool
    ) {
        switch encoding {
        case .json: text.putJSONCommitClaim(source, since, covered, purged, isFirst: isFirst)
        }
    }

    /// Appends the claim of a name, behind the sources.
    @inline(__always)
    mutating func appendName(_ claim: NameClaim, isFirst: Bool) {
        switch encoding {
        case .json: text.putJSONName(claim, isFirst: isFirst)
        }
    }

    /// Appends the claim of a retired source, behind sources and names.
    @inline(__always)
    mutating func appendRetired(_ claim: RetiredClaim, isFirst: Bool) {
        switch encoding {
        case .json: text.putJSONRetired(claim, isFirst: isFirst)
        }
    }

    /// Begins a commit's exceptions, behind its sources and retired sources; `appendException` follows.
    @inline(__always)
    mutating func beginExcepted(hasRetired: Bool) {
        switch encoding {
        case .json: text.putJSONExceptedStart(hasRetired: hasRetired)
        }
    }

    /// Ends a part of a vector or of a commit.
    /// - Parameters:
    ///   - hasRetired: whether retired sources precede.
    ///   - hasExcepted: whether exceptions precede.
    @inline(__always)
    mutating func appendClaimsEnd(
        from: Int, to: Int, isLast: Bool, hasRetired: Bool = false, hasExcepted: Bool = false
    ) {
        switch encoding {
        case .json:
            text.putJSONClaimsEnd(from: from, to: to, isLast: isLast, hasRetired: hasRetired, hasExcepted: hasExcepted)
        }
    }
}

// MARK: - Deltas

extension MessageBuffer {
    @inline(__always)
    mutating func appendDelta(_ head: DeltaHead) {
        switch encoding {
        case .json: text.putJSON(head)
        }
    }

    @inline(__always)
    mutating func appendMark(_ mark: ProgressMark) {
        switch encoding {
        case .json: text.putJSON(mark)
        }
    }

    /// Begins the purged keys of a reset; `appendKey` and `appendForgottenEnd` follow.
    @inline(__always)
    mutating func appendForgottenStart(since: UInt64, epoch: UInt64) {
        switch encoding {
        case .json: text.putJSONForgottenStart(since: since, epoch: epoch)
        }
    }

    @inline(__always)
    mutating func appendKey(_ key: Bytes, isFirst: Bool) {
        switch encoding {
        case .json: text.putJSONKey(key, isFirst: isFirst)
        }
    }

    @inline(__always)
    mutating func appendForgottenEnd(isLast: Bool) {
        switch encoding {
        case .json: text.putJSONForgottenEnd(isLast: isLast)
        }
    }

    /// Appends a removed key of a piece.
    mutating func appendRemoved(_ key: Bytes) {
        switch encoding {
        case .json: text.putJSONRemoved(key)
        }
    }

    /// Begins a cover; `appendInterval` and `appendCoverEnd` follow.
    @inline(__always)
    mutating func appendCoverStart() {
        switch encoding {
        case .json: text.putJSONCoverStart()
        }
    }

    @inline(__always)
    mutating func appendInterval(
        _ source: Source, _ since: Version, _ until: Version, leftOut: Version = 0, isFirst: Bool
    ) {
        switch encoding {
        case .json: text.putJSONInterval(source, since, until, leftOut: leftOut, isFirst: isFirst)
        }
    }

    @inline(__always)
    mutating func appendCoverEnd(_ check: LineCheck) {
        switch encoding {
        case .json: text.putJSONCoverEnd(check)
        }
    }

    /// Begins refusals; `appendException` and `appendRefusedEnd` follow.
    @inline(__always)
    mutating func beginRefused() {
        switch encoding {
        case .json: text.putJSONRefusedStart()
        }
    }

    /// Appends an update that the sender has refused, to refusals or to a commit.
    @inline(__always)
    mutating func appendException(_ source: Source, _ version: Version, _ reason: UInt8, isFirst: Bool) {
        switch encoding {
        case .json: text.putJSONException(source.quoted, version, reason, isFirst: isFirst)
        }
    }

    /// Ends refusals.
    /// - Parameter isAnew: whether these replace all refusals that were sent before.
    @inline(__always)
    mutating func appendRefusedEnd(isAnew: Bool) {
        switch encoding {
        case .json: text.putJSONRefusedEnd(isAnew: isAnew)
        }
    }
}

// MARK: - The classic dialect

extension MessageBuffer {
    /// Appends the version up to which this replica has a source.
    @inline(__always)
    mutating func appendDigest(of source: Source, at version: Version) {
        switch encoding {
        case .json: text.putJSONDigest(of: source, at: version)
        }
    }

    /// Appends the end of a round of digests.
    @inline(__always)
    mutating func appendDone() {
        switch encoding {
        case .json: text.putJSONDone()
        }
    }
}

// MARK: - Messages of an export that no peer sends

extension MessageBuffer {
    @inline(__always)
    mutating func appendExport(_ head: ExportHead) {
        switch encoding {
        case .json: text.putJSON(head)
        }
    }

    @inline(__always)
    mutating func appendSaved(_ saved: SavedProgress) {
        switch encoding {
        case .json: text.putJSON(saved)
        }
    }

    @inline(__always)
    package mutating func appendEnd(lines: UInt64) {
        switch encoding {
        case .json: text.putJSONEnd(lines: lines)
        }
    }

    /// Appends an update with the host's time at which its age was counted.
    @inline(__always)
    mutating func append(_ line: UpdateLine, at now: UInt64) {
        append(line)
        switch encoding {
        case .json: text.putJSONTime(now)
        }
    }
}
