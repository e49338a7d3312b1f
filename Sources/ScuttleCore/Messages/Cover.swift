/// A cover: the intervals that the updates since the previous cover of a log delta account for, if their checksum is `check`.
public struct Cover {
    public var intervals: [CoveredInterval]
    public var check: LineCheck

    public init(intervals: [CoveredInterval], check: LineCheck) {
        self.intervals = intervals
        self.check = check
    }
}

/// An interval of a cover. A receiver that has covered `since` covers the source up to `until`.
public struct CoveredInterval {
    public var source: Bytes
    public var since: Version
    public var until: Version
    /// The highest version in the interval that the sender has left out because the receiver has an update that beats it; 0:
    /// none.
    public var leftOut: Version

    public init(source: Bytes, since: Version, until: Version, leftOut: Version = 0) {
        self.source = source
        self.since = since
        self.until = until
        self.leftOut = leftOut
    }
}
