import Foundation
import ScuttleCore
import Simulation

// Runs the simulator. `make sim` is the comfortable way; tests run `simulate --check`.
//
//     simulate [SEEDS [FIRST]]           that many seeds, 2,000 without a number
//     simulate --seed SEED               one, telling each step
//     simulate --middle …                the same of the worlds with a man in the middle
//     simulate --classic …               the same of the worlds of classic links
//     simulate --no-batches …            the same without batches: the histories of seeds that were found before there were any
//     simulate … --without RULE          with a rule of reconciliation switched off: it must fail somewhere
//     simulate --check                   the check of `make test`, with its closing line

var arguments = Array(CommandLine.arguments.dropFirst())
let without = removeRule(from: &arguments)
let kind = World.Kind.allCases.first { removeFlag("--\($0)", from: &arguments) } ?? .rules
let hasBatches = !removeFlag("--no-batches", from: &arguments)
nameSeedOfCrash()
if arguments == ["--check"] { exit(check() ? 0 : 1) }
if arguments.first == "--seed", arguments.count == 2, let seed = UInt64(arguments[1]) {
    exit(tell(kind, seed, without, hasBatches: hasBatches) ? 0 : 1)
}
let count = arguments.first.flatMap { UInt64($0) } ?? 2000
let first = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 0
exit(run(kind, first..<first + count, without, hasBatches: hasBatches) == 0 ? 0 : 1)
