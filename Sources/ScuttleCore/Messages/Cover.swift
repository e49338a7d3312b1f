/// A cover: the claims that the updates since the previous cover of a log delta account for, if their checksum is `check`.
public struct Cover {
    public var claims: [SourceClaim]
    public var check: LineCheck

    public init(claims: [SourceClaim], check: LineCheck) {
        self.claims = claims
        self.check = check
    }
}
