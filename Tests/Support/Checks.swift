import ScuttleCore
import Testing

/// Expects a condition, as `#expect` does, in loops over many thousands of cases: it costs almost nothing if the condition
/// holds, and builds the message only if it does not.
func check(
    _ condition: Bool, _ what: @autoclosure () -> String = "it does not hold",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard !condition else { return }
    Issue.record("\(what())", sourceLocation: sourceLocation)
}

/// Returns the code of the failure that `body` throws; nil if it throws none.
func failure(_ body: () throws(Failure) -> Void) -> Failure.Code? {
    do throws(Failure) {
        try body()
        return nil
    } catch {
        return error.code
    }
}
