/// What the updates of a log delta since the cover before this one account for, if they are these.
public struct Cover {
    public var claims: [SourceClaim]
    public var check: LineCheck

    public init(claims: [SourceClaim], check: LineCheck) {
        self.claims = claims
        self.check = check
    }
}
