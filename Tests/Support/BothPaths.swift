import ScuttleJansson
import Testing

@testable import ScuttleCore

/// Reads texts on the fast path and by jansson, and compares. All tests of the fast path use it, so jansson accepts every text
/// that they accept, with the same meaning, and both paths together return the same as jansson alone.
struct BothPaths: ~Copyable {
    private let limits: Limits
    private var values = ValueText()
    private var decoder: JanssonJudge

    init(_ limits: Limits = Limits()) {
        self.limits = limits
        decoder = JanssonJudge(limits: limits)
    }

    /// Returns whether the fast path accepts a value.
    mutating func takeDirectly(value text: [UInt8]) -> Bool {
        let isDirect = text.lend { CanonicalValue.accepts($0, maxDepth: limits.depth) }
        let judged = Self.outcome(of: text) { (text) throws(Failure) in
            [UInt8](try values.checkByJansson(text, limits))
        }
        if isDirect { check(judged == .taken(text), "as a value, \(text.text): jansson says \(judged)") }
        guard text.count <= limits.valueBytes else { return isDirect }
        let both = Self.outcome(of: text) { (text) throws(Failure) in [UInt8](try values.check(text, limits)) }
        check(both == judged, "as a value, \(text.text): \(both), but jansson says \(judged)")
        return isDirect
    }

    /// Returns the update that the fast path reads from a line.
    mutating func takeDirectly(line: [UInt8]) -> PlainUpdate? {
        let direct = line.lend { CanonicalUpdate.read($0, limits).map { PlainUpdate($0) } }
        var update: PlainUpdate?
        let judged = Self.outcome(of: line) { (line) throws(Failure) in
            try decoder.judge(line) { update = Self.update(in: $0) }
            return update
        }
        Self.takeFromFront(line, direct, limits)
        if let direct { check(judged == .taken(direct), "\(line.text): \(direct), but jansson says \(judged)") }
        update = nil
        let both = Self.outcome(of: line) { (line) throws(Failure) in
            try decoder.read(line) { update = Self.update(in: $0) }
            return update
        }
        check(both == judged, "\(line.text): \(both), but jansson says \(judged)")
        return direct
    }

    /// Checks the removal of a line at the front of a text: with its newline if the fast path reads it alone, and not at all
    /// otherwise.
    private static func takeFromFront(_ line: [UInt8], _ direct: PlainUpdate?, _ limits: Limits) {
        guard !line.contains(0x0a) else { return }
        for rest in ["", "\n", "}\n", "{\"key\":"] {
            (line + [0x0a] + [UInt8](rest)).lend { text in
                var left = text
                let update = CanonicalUpdate.readFirst(of: &left, limits).map { PlainUpdate($0) }
                check(update == direct, "\(line.text) before \(rest)")
                check(left.count == (direct == nil ? text.count : rest.utf8.count), "\(left.count) bytes left")
            }
        }
        line.lend { text in
            var left = text
            check(
                CanonicalUpdate.readFirst(of: &left, limits) == nil && left.count == text.count, "taken without its end"
            )
        }
    }

    private static func update(in message: Message) -> PlainUpdate? {
        guard case .update(let update) = message else { return nil }
        return PlainUpdate(update)
    }

    private enum Outcome<Taken: Equatable>: Equatable {
        case taken(Taken)
        case refused(Failure.Code, String)
    }

    private static func outcome<Taken>(
        of text: [UInt8], _ body: (Bytes) throws(Failure) -> Taken
    ) -> Outcome<Taken> {
        do throws(Failure) {
            return .taken(try text.lend { (text) throws(Failure) in try body(text) })
        } catch {
            return .refused(error.code, error.detail)
        }
    }
}
