@testable import ScuttleCore

/// What replicas have told their hosts.
struct Events {
    /// An event that no honest and undisturbed conversation may raise.
    var unexpected: String?
    /// The replicas that were told of a twin since this was last emptied.
    var twins: Set<Int> = []
    /// The links on which a replica was told that contents differ.
    var diverged: [UnsafeRawPointer?: Int] = [:]
}

extension World {
    /// A replica tells its host.
    func note(_ event: Event, _ code: Int32, on link: LinkIdentity, of number: Int) {
        say("\(number) raises \(event), code \(code)")
        switch event {
        case .hello, .inStep, .refused: break
        case .ended:
            if plan.middle == nil { events.unexpected = "replica \(number) ends a link, code \(code)" }
        case .diverged:
            counts.diverged += 1
            events.diverged[link.host, default: 0] += 1
            // A classic relay may leave an update out before its winner has gone (docs/reference/protocol.md, gap):
            // replicas behind it have equal vectors then, and differ for a while.
            // Who has dropped a retired source resets nobody for what was purged of it. And who has taken entries away by a reset
            // that was not whole lacks what stands for them.
            let mayDiffer =
                code == 0
                && replicas.contains { $0.hasMetClassic || $0.retired.floor > 0 || $0.tornAt != .max }
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

    /// Where two live replicas of one name have kept talking to one hub, or to each other, all of them know.
    func twinsAreTold() throws {
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
                description: "\(number) was not told that \(first) and \(second) are twins; \(numbers)")
        }
    }

    private func talk(_ a: Int, _ b: Int) -> Bool {
        a != b
            && wires.contains {
                $0.edge.sides.contains(a) && $0.edge.sides.contains(b) && $0.ends.allSatisfy(\.isExtended)
            }
    }
}
