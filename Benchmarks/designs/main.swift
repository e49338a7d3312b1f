import Foundation

// Compares designs of the key table, the history and the index of entries, all put to the same tasks in one process.
//
//     designs [--json FILE]     Markdown tables, and each figure as JSON; status 1 where designs disagree
//     designs --tiny            only whether they agree: the last line is "N passed, N failed"
//
// The folder ScuttleCore is the library's core itself, compiled into this module, so that its designs are inlined as those here.

let arguments = Array(CommandLine.arguments.dropFirst())
let isTiny = arguments.contains("--tiny")
let ledger = Ledger()
let scale = isTiny ? Scale.tiny : .full

measureWholeSet(scale, ledger)
playKeyMaps(scale, ledger)
playLogs(scale, ledger)
playIndices(scale, ledger)

for disagreement in ledger.disagreements { print("FAIL \(disagreement)") }
if isTiny {
    print("\(ledger.agreements) passed, \(ledger.disagreements.count) failed")
} else if ledger.disagreements.isEmpty {
    print(MarkdownReport(ledger: ledger).text)
    if let place = arguments.firstIndex(of: "--json"), place + 1 < arguments.count {
        try JSONReport(ledger: ledger).write(to: arguments[place + 1])
    }
}
exit(ledger.disagreements.isEmpty ? 0 : 1)
