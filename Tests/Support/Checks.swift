import ScuttleCore
import Testing

/// As `#expect`, for loops over many thousands of cases: it costs next to nothing where the condition holds, and puts the
/// case into words only where it does not.
func check(
    _ condition: Bool, _ what: @autoclosure () -> String = "it does not hold",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard !condition else { return }
    Issue.record("\(what())", sourceLocation: sourceLocation)
}

/// The code of the failure that `body` ends with; nil where it ends well.
func failure(_ body: () throws(Failure) -> Void) -> Failure.Code? {
    do throws(Failure) {
        try body()
        return nil
    } catch {
        return error.code
    }
}
