/// What the updates of a log delta since the cover before this one account for, if they are these.
public struct Cover {
    public var intervals: [CoveredInterval]
    public var check: LineCheck

    public init(intervals: [CoveredInterval], check: LineCheck) {
        self.intervals = intervals
        self.check = check
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
