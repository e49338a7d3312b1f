/// The messages of the extended dialect as values. Texts are borrowed. docs/reference/protocol.md says what each is for.

/// Who speaks, and how far it is: the first message on a link, and every gossip.
public struct Hello {
    public var protocolVersions: ClosedRange<UInt32>
    public var source: Bytes
    public var incarnation: UInt64
    public var cluster: Bytes
    public var lamport: Version
    public var epoch: UInt64
    /// The sender's revision, and the hash of its version vector.
    public var revision: UInt64
    public var hash: UInt64
    /// The hash of what the sender holds, where it is to be compared.
    public var contents: ContentHash?
    /// The request for new updates from here on, if both vectors are equal, and for what the sender lacks, if the receiver
    /// knows the sender's vector of this revision; 0: none.
    public var nonce: UInt64
    /// How far the receiver's deltas have come.
    public var progress: Progress?
    /// In datagrams, what the sender wants to be echoed; 0: nothing.
    public var token: UInt64 = 0
    /// Whether it answers a hello, and wants none in return.
    public var isReply: Bool

    public init(
        protocolVersions: ClosedRange<UInt32>, source: Bytes, incarnation: UInt64, cluster: Bytes, lamport: Version,
        epoch: UInt64, revision: UInt64, hash: UInt64, contents: ContentHash? = nil, nonce: UInt64 = 0,
        progress: Progress? = nil,
        isReply: Bool
    ) {
        self.protocolVersions = protocolVersions
        self.source = source
        self.incarnation = incarnation
        self.cluster = cluster
        self.lamport = lamport
        self.epoch = epoch
        self.revision = revision
        self.hash = hash
        self.contents = contents
        self.nonce = nonce
        self.progress = progress
        self.isReply = isReply
    }
}

/// "Send me your version vector: what has changed since this revision of it, from this one of its items on."
public struct VectorRequest {
    public var revision: UInt64
    public var from: Int
    /// How many retired sources the sender knows, and a sum over them: who knows the same need not name them.
    public var retired: RetiredSum

    public init(revision: UInt64, from: Int, retired: RetiredSum = RetiredSum()) {
        self.revision = revision
        self.from = from
        self.retired = retired
    }
}

/// All retired sources that a replica knows, as two numbers.
public struct RetiredSum: Equatable {
    public var count: UInt64
    public var sum: UInt64

    public init(count: UInt64 = 0, sum: UInt64 = 0) {
        (self.count, self.sum) = (count, sum)
    }
}

/// What a replica says of a source that has ended and holds no entry: its hash, how far it is covered, whether a tombstone of it
/// was forgotten, and whether its name will not be back.
public struct RetiredClaim: Equatable {
    public var hash: SourceHash
    public var version: Version
    public var isPurged: Bool
    public var isFinal: Bool

    public init(hash: SourceHash, version: Version, isPurged: Bool, isFinal: Bool) {
        self.hash = hash
        self.version = version
        self.isPurged = isPurged
        self.isFinal = isFinal
    }

    /// Takes what else is said of the source.
    mutating func merge(_ other: RetiredClaim) {
        version = max(version, other.version)
        isPurged = isPurged || other.isPurged
        isFinal = isFinal || other.isFinal
    }
}

/// What a replica says of a name: at which number it was retired, 0 for never, and what has become of that; and what a replica
/// of that name has last stated about retired names.
public struct NameClaim {
    public var name: Bytes
    public var number: Version
    public var state: RetirementState
    public var sequence: UInt64
    public var hash: UInt64

    public init(name: Bytes, number: Version, state: RetirementState, sequence: UInt64, hash: UInt64) {
        self.name = name
        self.number = number
        self.state = state
        self.sequence = sequence
        self.hash = hash
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

/// How far the state or reset deltas of one incarnation of a peer have come, over whatever links: with the entries, and with
/// the commit behind them.
public struct Progress: Equatable {
    /// The incarnation of the sender of these deltas, their mode, and the sender's GC epoch that their heads name.
    public var incarnation: UInt64
    public var mode: DeltaMode
    public var epoch: UInt64
    /// Everything up to this sequence of the sender's has come, and what lies in these ranges behind it.
    public var sequence: UInt64
    public var ranges: [SequenceRange]
    /// The next item of the commit.
    public var item: Int
    /// In datagrams: the window that this answers; 0: none.
    public var window: UInt64

    /// As many as a sender sends datagrams before it waits to hear of them.
    public static var maxRanges: Int { RangeSet.maxCount }

    public init(
        incarnation: UInt64, mode: DeltaMode, epoch: UInt64, sequence: UInt64, ranges: [SequenceRange] = [],
        item: Int = 0, window: UInt64 = 0
    ) {
        self.incarnation = incarnation
        self.mode = mode
        self.epoch = epoch
        self.sequence = sequence
        self.ranges = ranges
        self.item = item
        self.window = window
    }
}

/// Of an export: how far a delta has come, and which entries of the export a reset has named.
public struct SavedProgress {
    public var progress: Progress
    /// Entries in the order of the export, as counts that take turns: so many were not named, so many were named as they are
    /// here, and of so many the peer has another entry. Each line of several counts from the first entry on.
    public var named: [UInt64]

    public init(_ progress: Progress, named: [UInt64] = []) {
        self.progress = progress
        self.named = named
    }
}

/// A part of a version vector, for the sender's items `from ..< to`, where it has changed since a revision: its sources, then
/// names, then retired sources. The whole of it is a request: for what the sender lacks.
public struct VectorPart {
    public var incarnation: UInt64
    public var epoch: UInt64
    public var nonce: UInt64
    public var since: UInt64
    public var until: UInt64
    public var from: Int
    public var to: Int
    /// Nothing follows this part: the request is complete.
    public var isLast: Bool
    public var lamport: Version
    /// Vectors are equal and contents are not: the request is for all that the receiver holds.
    public var wantsContents: Bool
    public var progress: Progress?
    public var claims: [SourceClaim]
    public var names: [NameClaim] = []
    public var retired: [RetiredClaim] = []
    /// The retired sources that the sender knows, if the receiver's request counted the same; nil otherwise.
    public var sameRetired: RetiredSum?
    /// Retired sources up to this version have been dropped.
    public var retiredFloor: Version = 0
    /// The nonce of the latest delta of the receiver's whose commit named retired sources, and that has been taken; 0: none.
    public var took: UInt64 = 0

    public init(
        incarnation: UInt64, epoch: UInt64, nonce: UInt64, since: UInt64, until: UInt64, from: Int, to: Int,
        isLast: Bool, lamport: Version, wantsContents: Bool = false, progress: Progress?, claims: [SourceClaim]
    ) {
        self.incarnation = incarnation
        self.epoch = epoch
        self.nonce = nonce
        self.since = since
        self.until = until
        self.from = from
        self.to = to
        self.isLast = isLast
        self.lamport = lamport
        self.wantsContents = wantsContents
        self.progress = progress
        self.claims = claims
    }
}

/// Where the updates of a delta come from, and so what makes them count.
public enum DeltaMode: UInt8, CaseIterable {
    /// The history: covers count as they come.
    case log
    /// The entries that the peer lacks: only the whole of them, by a commit.
    case state
    /// All entries: only the whole of them, and what is not among them goes.
    case reset
    /// What a replica that lags can send before it has taken the peer's reset. Vouches for nothing.
    case early
    /// All entries, to a peer whose vector is equal and whose contents are not: the resolver decides again.
    case contents

    /// Whether a commit ends it.
    public var endsWithCommit: Bool { self == .state || self == .reset || self == .contents }
    /// Whether it holds what the peer has, too.
    var isWhole: Bool { self == .reset || self == .contents }
}

/// "What follows answers this request of yours."
public struct DeltaHead {
    /// The receiver lacks nothing up to `start`; the updates that follow are all behind `from`, in datagrams up to `until`.
    public typealias Span = (start: UInt64, from: UInt64, until: UInt64)

    public var mode: DeltaMode
    /// The request: the incarnation and epoch of the replica that made it, and its nonce.
    public var incarnation: UInt64
    public var epoch: UInt64
    public var nonce: UInt64
    /// Of a mode that ends with a commit: the sender's GC epoch that its progress is told under, and where in the order of
    /// arrival it goes on.
    public var kind: UInt64
    public var span: Span?
    /// In datagrams with a span: the updates after its beginning and up to here fit no datagram, and have not been sent; 0: none.
    public var withheld: UInt64 = 0
    /// In datagrams with a span: what the updates in it are.
    public var check: LineCheck?
    /// In datagrams: which window ends here, to be answered with what has come; 0: none.
    public var window: UInt64

    public init(
        mode: DeltaMode, incarnation: UInt64, epoch: UInt64, nonce: UInt64, kind: UInt64 = 0, span: Span? = nil,
        check: LineCheck? = nil, window: UInt64 = 0
    ) {
        self.mode = mode
        self.incarnation = incarnation
        self.epoch = epoch
        self.nonce = nonce
        self.kind = kind
        self.span = span
        self.check = check
        self.window = window
    }
}

/// On a stream: "The updates since the head, or since the mark before this one, are all up to this sequence, if they are these."
public struct ProgressMark {
    public var sequence: UInt64
    public var check: LineCheck

    public init(sequence: UInt64, check: LineCheck) {
        self.sequence = sequence
        self.check = check
    }
}

/// "Between these GC epochs I have forgotten the tombstones of these keys": in front of a reset that goes on.
public struct ForgottenKeys {
    public var since: UInt64
    public var epoch: UInt64
    public var keys: [Bytes]
    public var isLast: Bool

    public init(since: UInt64, epoch: UInt64, keys: [Bytes], isLast: Bool) {
        self.since = since
        self.epoch = epoch
        self.keys = keys
        self.isLast = isLast
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

/// What the updates of a log delta since the cover before this one account for, if they are these.
public struct Cover {
    public var intervals: [CoveredInterval]
    public var check: LineCheck

    public init(intervals: [CoveredInterval], check: LineCheck) {
        self.intervals = intervals
        self.check = check
    }
}

/// "Of this source you have now got all above `since` and up to `covered`", with the whole delta, if you have got all up to
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

/// A part of what ends a delta: the sender's version vector, for its items `from ..< to`.
public struct CommitPart {
    /// It holds for those who have got the delta up to here.
    public var sequence: UInt64
    public var from: Int
    public var to: Int
    public var isLast: Bool
    /// On a stream: the updates since the head, or since the latest mark.
    public var check: LineCheck?
    public var claims: [CommitClaim]
    public var retired: [RetiredClaim] = []
    /// With the reason 0: what the sender has not taken itself; with 1: what the receiver has not taken, and the sender accounts for.
    public var excepted: [ExceptionClaim] = []

    public init(
        sequence: UInt64, from: Int, to: Int, isLast: Bool, check: LineCheck? = nil, claims: [CommitClaim]
    ) {
        self.sequence = sequence
        self.from = from
        self.to = to
        self.isLast = isLast
        self.check = check
        self.claims = claims
    }
}

/// An exception to a version vector: an update that the sender has not taken.
public struct ExceptionClaim {
    public var source: Bytes
    public var version: Version
    /// The number of a `SCUTTLE_E_…` without its sign; 0: the update is missing, and wanted.
    public var reason: UInt8

    public init(source: Bytes, version: Version, reason: UInt8) {
        (self.source, self.version, self.reason) = (source, version, reason)
    }
}

/// Why two replicas do not talk.
public enum RejectReason: UInt8, CaseIterable {
    case cluster
    case protocolVersion
    case identity
    case refused
}

/// "What follows is all of this replica."
public struct ExportHead {
    public var source: Bytes
    public var lamport: Version
    public var incarnation: UInt64
    /// A peer may be there that knows the classic dialect alone.
    public var hasMetClassic: Bool
    /// The latest tick of its host; nil before the first.
    public var now: UInt64?

    public init(source: Bytes, lamport: Version, incarnation: UInt64, hasMetClassic: Bool, now: UInt64?) {
        self.source = source
        self.lamport = lamport
        self.incarnation = incarnation
        self.hasMetClassic = hasMetClassic
        self.now = now
    }
}
