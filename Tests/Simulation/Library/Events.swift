@testable import ScuttleCore

/// The events that replicas have reported to their hosts.
struct Events {
    /// An event that must not happen without a fault or an attack.
    var unexpected: String?
    /// The replicas that have reported a twin since this was last cleared.
    var twins: Set<Int> = []
    /// The links on which a replica has reported that contents differ.
    var diverged: [UnsafeRawPointer?: Int] = [:]
}

extension World {
    /// Notes an event of a replica.
    func note(_ event: Event, _ code: Int32, on link: LinkIdentity, of number: Int) {
        say("\(number) raises \(event), code \(code)")
        switch event {
        case .hello, .inStep, .refused: break
        case .ended:
            if plan.middle == nil { events.unexpected = "replica \(number) ends a link, code \(code)" }
        case .diverged:
            counts.diverged += 1
            events.diverged[link.host, default: 0] += 1
            // A classic relay may leave an update out before its winner has gone (docs/reference/protocol.md, gap): replicas
            // behind it have equal vectors then, and differ for a while. A replica that has dropped a retired source resets no
            // peer for the tombstones that were purged of it. And a replica whose entries an incomplete reset has removed lacks
            // their successors.
            let mayDiffer =
                code == 0
                && replicas.contains { $0.hasMetClassic || $0.retired.floor > 0 || $0.incompleteResetAt != .max }
            if plan.middle == nil, !mayDiffer {
                events.unexpected = "replica \(number) raises DIVERGED, code \(code)"
            }
        case .twin:
            events.twins.insert(number)
            if !hasTwins, !plan.faults.replaysLinks, plan.middle == nil {
                events.unexpected = "replica \(number) raises TWIN, and there are none"
            }
        }
    }

    func noneIsUnexpected() throws {
        if let unexpected = events.unexpected { throw SimulationFailure(description: unexpected) }
    }

    /// Checks that two live replicas of one name have reported each other, if they stayed connected to one hub or to each
    /// other.
    func checkTwins() throws {
        guard hasTwins else { return }
        for first in replicas.indices {
            for second in replicas.indices where first < second && names[first] == names[second] {
                if talk(first, second) { try areTold([first, second], first, second) }
                for hub in replicas.indices where talk(hub, first) && talk(hub, second) {
                    try areTold([hub, first, second], first, second)
                }
            }
        }
    }

    private func areTold(_ numbers: [Int], _ first: Int, _ second: Int) throws {
        for number in numbers where !events.twins.contains(number) {
            throw SimulationFailure(
                description: "\(number) has not reported that \(first) and \(second) are twins; \(numbers)")
        }
    }

    private func talk(_ a: Int, _ b: Int) -> Bool {
        a != b
            && wires.contains {
                $0.edge.sides.contains(a) && $0.edge.sides.contains(b) && $0.ends.allSatisfy(\.isExtended)
            }
    }
}
