import Foundation
import ScuttleCore

/// Removes `--without` and its rule from the arguments, and returns the rule.
func removeRule(from arguments: inout [String]) -> DisabledRules {
    guard let index = arguments.firstIndex(of: "--without"), index + 1 < arguments.count else { return [] }
    guard let found = DisabledRules.all.first(where: { $0.name == arguments[index + 1] }) else {
        print("no such rule; there are \(DisabledRules.all.map(\.name).joined(separator: ", "))")
        exit(2)
    }
    arguments.removeSubrange(index...index + 1)
    return found.rule
}

func removeFlag(_ name: String, from arguments: inout [String]) -> Bool {
    guard let index = arguments.firstIndex(of: name) else { return false }
    arguments.remove(at: index)
    return true
}
