import ScuttleJansson
import Testing

@testable import ScuttleCore

/// Texts on the fast path for the canonical form and on jansson's: each test of the fast path runs through here, so
/// that whatever it accepts, jansson has accepted with the same meaning, and nothing else comes out than from jansson.
struct BothPaths: ~Copyable {
    private let limits: Limits
    private var values = ValueText()
    private var decoder: JanssonJudge

    init(_ limits: Limits = Limits()) {
        self.limits = limits
        decoder = JanssonJudge(limits: limits)
    }

    /// Whether the fast path accepts a value.
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

    /// The update that the fast path finds in a line.
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

    /// At the front of a text, a line is taken off with its newline where it is read directly alone; else nothing is.
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
