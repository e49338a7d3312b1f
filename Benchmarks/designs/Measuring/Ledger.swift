/// All figures of a run, and whether the designs agreed.
final class Ledger {
    enum Unit: String {
        case nanoseconds = "ns"
        case bytes = "bytes"
    }

    /// The figures of one design in one row of one table, one for each round.
    struct Line {
        let table: String
        let unit: Unit
        let row: String
        let design: String
        var values: [Double]

        var median: Double {
            let sorted = values.sorted()
            let middle = sorted.count / 2
            return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        }
    }

    private(set) var lines: [Line] = []
    private var places: [String: Int] = [:]
    private var answers: [String: (design: String, answer: UInt64)] = [:]

    private(set) var agreements = 0
    private(set) var disagreements: [String] = []

    /// Notes a figure; the figures of the same table, row and design are rounds of one measurement.
    func note(_ table: String, _ unit: Unit, row: String, _ design: String, _ value: Double) {
        let name = "\(table)|\(row)|\(design)"
        if let place = places[name] {
            lines[place].values.append(value)
        } else {
            places[name] = lines.count
            lines.append(Line(table: table, unit: unit, row: row, design: design, values: [value]))
        }
    }

    /// Holds a design's answer against that of the first design that was asked the same.
    func check(_ question: String, _ design: String, _ answer: UInt64) {
        guard let first = answers[question] else {
            answers[question] = (design, answer)
            return
        }
        if first.answer == answer {
            agreements += 1
        } else {
            disagreements.append("\(question): \(design) answers otherwise than \(first.design)")
        }
    }
}

/// Folds answers into one number, which depends on their order.
struct Digest {
    private(set) var value: UInt64 = 0

    mutating func add(_ number: UInt64) {
        value = RandomSource.mix(value ^ number)
    }
}
