import Foundation

/// The ledger as Markdown: a table for each task, a row for each setting, a column for each design; the best in bold.
struct MarkdownReport {
    let ledger: Ledger

    var text: String {
        unique(ledger.lines.map(\.table)).map(table).joined(separator: "\n")
    }

    private func table(_ name: String) -> String {
        let lines = ledger.lines.filter { $0.table == name }
        let designs = unique(lines.map(\.design)).sorted { $0.split(separator: ":")[0] < $1.split(separator: ":")[0] }
        var text = "**\(name)**\n\n| | \(designs.joined(separator: " | ")) |\n"
        text += "|---|" + designs.map { _ in "--:|" }.joined() + "\n"
        for row in unique(lines.map(\.row)) {
            let medians = designs.map { design in lines.first { $0.row == row && $0.design == design }?.median }
            let best = zip(designs, medians).filter { $0.0 != NoIndex.name }.compactMap(\.1).min()
            let cells = medians.map { median in
                guard let median else { return "–" }
                return median == best && designs.count > 2 ? "**\(Self.format(median))**" : Self.format(median)
            }
            text += "| \(row) | \(cells.joined(separator: " | ")) |\n"
        }
        return text
    }

    private static func format(_ value: Double) -> String {
        if value < 10 { return String(format: "%.1f", value) }
        var digits = String(Int(value.rounded()))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
            place -= 3
        }
        return digits
    }

    private func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

/// The ledger as JSON: a list with each figure of each round.
struct JSONReport {
    let ledger: Ledger

    func write(to path: String) throws {
        let lines: [[String: Any]] = ledger.lines.map {
            [
                "table": $0.table, "row": $0.row, "design": $0.design, "unit": $0.unit.rawValue,
                "median": $0.median, "rounds": $0.values,
            ]
        }
        let data = try JSONSerialization.data(withJSONObject: lines, options: [.prettyPrinted, .sortedKeys])
        try data.write(to: URL(fileURLWithPath: path))
    }
}
