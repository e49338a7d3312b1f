/// What somebody between two replicas does to the lines that pass.
enum Noise {
    case none
    /// One line in so many is lost, repeated, or overtaken by the next one.
    case lines(oneIn: Int)
    /// The same, and lines are altered.
    case altered(oneIn: Int)
}

/// Cuts one direction of a link into lines and applies noise to them.
struct LineGate {
    /// The beginning of a line whose end has not come.
    private var unfinished: [UInt8] = []
    /// A line that the next one overtakes.
    private var overtaken: [UInt8]?
    private static let hello = [UInt8](#"{"digest":true,"hello""#.utf8)
    /// How many lines did not pass as they were.
    private(set) var disturbed = 0

    /// Takes bytes, and returns those that go on. O(bytes).
    mutating func pass(_ bytes: [UInt8], _ noise: Noise, _ random: inout Random) -> [UInt8] {
        if case .none = noise { return drain() + bytes }
        var out: [UInt8] = []
        unfinished += bytes
        while let newline = unfinished.firstIndex(of: 0x0a) {
            let line = Array(unfinished[...newline])
            unfinished.removeSubrange(...newline)
            out += pass(line: line, noise, &random)
        }
        return out
    }

    /// What has not gone on yet.
    mutating func drain() -> [UInt8] {
        defer { (unfinished, overtaken) = ([], nil) }
        return (overtaken ?? []) + unfinished
    }

    private mutating func pass(line: [UInt8], _ noise: Noise, _ random: inout Random) -> [UInt8] {
        let late = overtaken ?? []
        overtaken = nil
        let (oneIn, alters) =
            switch noise {
            case .none: (Int.max, false)
            case .lines(let oneIn): (oneIn, false)
            case .altered(let oneIn): (oneIn, true)
            }
        // A link whose first hello is lost takes the peer for a classic one, and ends.
        guard alters || !line.starts(with: Self.hello) else { return line + late }
        guard random.oneIn(oneIn) else { return line + late }
        disturbed += 1
        switch random.below(alters ? 6 : 3) {
        case 0: return late
        case 1: return line + line + late
        case 2:
            overtaken = line
            return late
        default: return Tampering.alter(line, &random) + late
        }
    }
}
