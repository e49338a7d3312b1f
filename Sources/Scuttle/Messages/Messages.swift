/// The messages of the extended dialect as values. Texts are borrowed. docs/protocol.md says what each is for.

/// Who speaks, and how far it is: the first message on a link, and every gossip.
public struct Hello {
    public var protocolVersions: ClosedRange<UInt32>
    public var id: Bytes
    public var life: UInt64
    public var cluster: Bytes
    public var lamport: Version
    public var epoch: UInt64
    /// The sender's revision, and the hash of its clock.
    public var revision: UInt64
    public var hash: UInt64
    /// Whether it answers a hello, and wants none in return.
    public var isReply: Bool

    public init(
        protocolVersions: ClosedRange<UInt32>, id: Bytes, life: UInt64, cluster: Bytes, lamport: Version,
        epoch: UInt64, revision: UInt64, hash: UInt64, isReply: Bool
    ) {
        self.protocolVersions = protocolVersions
        self.id = id
        self.life = life
        self.cluster = cluster
        self.lamport = lamport
        self.epoch = epoch
        self.revision = revision
        self.hash = hash
        self.isReply = isReply
    }
}

/// "Tell me your clock: what has changed since this revision of it, from this one of its sources on."
public struct Ask {
    public var revision: UInt64
    public var from: Int

    public init(revision: UInt64, from: Int) {
        self.revision = revision
        self.from = from
    }
}

/// What a replica says of one source.
public struct SourceClaim {
    public var source: Bytes
    public var covered: Version
    public var purged: Version

    public init(source: Bytes, covered: Version, purged: Version) {
        self.source = source
        self.covered = covered
        self.purged = purged
    }
}

/// How far a receiver has come with an answer in datagrams: with the entries, and with the commit behind them.
public struct Progress: Equatable {
    public var answer: UInt64
    public var stamp: UInt64
    public var source: Int

    public init(answer: UInt64, stamp: UInt64, source: Int) {
        self.answer = answer
        self.stamp = stamp
        self.source = source
    }
}

/// A part of a question: the sender's clock, for its sources `from ..< to`, where it has changed since a revision.
public struct ClockPart {
    public var life: UInt64
    public var epoch: UInt64
    public var since: UInt64
    public var until: UInt64
    public var from: Int
    public var to: Int
    /// Behind this part there is nothing: now answer.
    public var isLast: Bool
    public var lamport: Version
    public var progress: Progress?
    public var claims: [SourceClaim]

    public init(
        life: UInt64, epoch: UInt64, since: UInt64, until: UInt64, from: Int, to: Int, isLast: Bool, lamport: Version,
        progress: Progress?, claims: [SourceClaim]
    ) {
        self.life = life
        self.epoch = epoch
        self.since = since
        self.until = until
        self.from = from
        self.to = to
        self.isLast = isLast
        self.lamport = lamport
        self.progress = progress
        self.claims = claims
    }
}

/// Where the updates of an answer come from, and so what makes them count.
public enum AnswerMode: UInt8 {
    /// The history: covers count as they come.
    case log
    /// The entries that the peer lacks: only the whole of them, by a commit.
    case state
    /// All entries: only the whole of them, and what is not among them goes.
    case reset
}

/// "What follows answers this question of yours."
public struct AnswerHead {
    public typealias Span = (start: UInt64, from: UInt64, until: UInt64, count: UInt64)

    public var mode: AnswerMode
    /// Life and epoch of the replica that asked.
    public var life: UInt64
    public var epoch: UInt64
    /// State and reset: which answer it is.
    public var answer: UInt64
    /// In datagrams: the answer begins at `start`, and the updates that follow here, `count` of them, are all from `from` to
    /// `until`. A datagram that was cut short does not have as many.
    public var span: Span?
    /// In datagrams: enough for now; say how much of it has come.
    public var pauses: Bool

    public init(
        mode: AnswerMode, life: UInt64, epoch: UInt64, answer: UInt64,
        span: Span?, pauses: Bool
    ) {
        self.mode = mode
        self.life = life
        self.epoch = epoch
        self.answer = answer
        self.span = span
        self.pauses = pauses
    }
}

/// "Of this source you have now got all above `since` and up to `until`", if you have got all up to `since`.
public struct CoveredInterval {
    public var source: Bytes
    public var since: Version
    public var until: Version
    /// The highest version in it that was not sent, since the receiver has what beats it; 0 where all were.
    public var leftOut: Version

    public init(source: Bytes, since: Version, until: Version, leftOut: Version = 0) {
        self.source = source
        self.since = since
        self.until = until
        self.leftOut = leftOut
    }
}

/// "Of this source you have now got all above `since` and up to `covered`", with the whole answer, if you have got all up to
/// `since`; in a reset, whose `since` is 0, with what is purged.
public struct CommitClaim {
    public var source: Bytes
    public var since: Version
    public var covered: Version
    public var purged: Version

    public init(source: Bytes, since: Version, covered: Version, purged: Version) {
        self.source = source
        self.since = since
        self.covered = covered
        self.purged = purged
    }
}

/// A part of what ends a state or reset answer: the sender's clock, for its sources `from ..< to`.
public struct CommitPart {
    public var answer: UInt64
    /// It holds for those who have got the answer up to here.
    public var stamp: UInt64
    public var from: Int
    public var to: Int
    public var isLast: Bool
    public var claims: [CommitClaim]

    public init(answer: UInt64, stamp: UInt64, from: Int, to: Int, isLast: Bool, claims: [CommitClaim]) {
        self.answer = answer
        self.stamp = stamp
        self.from = from
        self.to = to
        self.isLast = isLast
        self.claims = claims
    }
}

/// Why two replicas do not talk.
public enum RejectReason: UInt8, CaseIterable {
    case cluster
    case protocolVersion
    case identity

    /// As it stands in the message.
    public var name: StaticString {
        switch self {
        case .cluster: "cluster"
        case .protocolVersion: "protocol"
        case .identity: "identity"
        }
    }
}

/// "What follows is all of this replica."
public struct ExportHead {
    public var id: Bytes
    public var lamport: Version
    public var life: UInt64
    /// A peer may be there that knows the classic dialect alone.
    public var hasMetClassic: Bool

    public init(id: Bytes, lamport: Version, life: UInt64, hasMetClassic: Bool) {
        self.id = id
        self.lamport = lamport
        self.life = life
        self.hasMetClassic = hasMetClassic
    }
}
