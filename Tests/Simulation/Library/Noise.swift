/// The disturbance of the lines between two replicas.
enum Noise {
    case none
    /// One line in so many is lost, repeated, or overtaken by the next one.
    case lines(oneIn: Int)
    /// One line in so many is lost, repeated, overtaken or altered.
    case altered(oneIn: Int)
}

/// Cuts one direction of a link into lines and disturbs them.
struct LineGate {
    /// The incomplete line.
    private var unfinished: [UInt8] = []
    /// The line that the next one overtakes.
    private var overtaken: [UInt8]?
    private static let hello = [UInt8](#"{"digest":true,"hello""#.utf8)
    /// The count of disturbed lines.
    private(set) var disturbed = 0

    /// Disturbs bytes, and returns those that pass. O(bytes).
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

    /// Returns the bytes that are held back.
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
        // If its first hello is lost, a link treats the peer as a classic one and ends.
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
