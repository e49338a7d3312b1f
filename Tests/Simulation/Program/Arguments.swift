import Foundation
import ScuttleCore

/// Removes `--without` and its rule from the arguments, and returns the rule.
func takeRule(from arguments: inout [String]) -> DisabledRules {
    guard let place = arguments.firstIndex(of: "--without"), place + 1 < arguments.count else { return [] }
    guard let found = DisabledRules.all.first(where: { $0.name == arguments[place + 1] }) else {
        print("no such rule; there are \(DisabledRules.all.map(\.name).joined(separator: ", "))")
        exit(2)
    }
    arguments.removeSubrange(place...place + 1)
    return found.rule
}

func takeFlag(_ name: String, from arguments: inout [String]) -> Bool {
    guard let place = arguments.firstIndex(of: name) else { return false }
    arguments.remove(at: place)
    return true
}
