@testable import ScuttleCore

/// The events of some replicas, in order.
final class Told {
    struct Entry: Equatable, CustomStringConvertible {
        let name: String
        let event: Event
        let code: Failure.Code?

        var description: String { "\(name): \(event)\(code.map { " \($0)" } ?? "")" }
    }

    private(set) var all: [Entry] = []

    /// Appends the events of a configuration under a name.
    func hear(_ name: String, _ configuration: inout Configuration) {
        configuration.onEvent = { [weak self] _, event, code in
            self?.all.append(Entry(name: name, event: event, code: Failure.Code(rawValue: code)))
        }
    }

    func count(_ event: Event, at name: String, _ code: Failure.Code? = nil) -> Int {
        all.count { $0.name == name && $0.event == event && $0.code == code }
    }

    func forget() {
        all = []
    }
}
