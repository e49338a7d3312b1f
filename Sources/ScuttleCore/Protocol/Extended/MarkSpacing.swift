/// Where a delta on a stream says how far it has come, lest a link that breaks takes it all with it: after a part of what has
/// been sent since its head, so that little is lost on a link that breaks soon, and marks cost little on one that lasts.
struct MarkSpacing {
    private var sent = 0
    private var unmarked = 0

    static var minDistance: Int { 128 }
    static var maxDistance: Int { 8192 }

    mutating func add(_ bytes: Int) {
        unmarked &+= bytes
    }

    /// A mark takes some 64 bytes, and a link that breaks loses half a distance on average, and a whole one at worst: at a distance
    /// of the root of one to two times the product of a mark and what has been sent both cost the same, whenever it breaks. Where
    /// that is less than a tenth, a tenth will do.
    private var distance: Int {
        min(max(Int(Double(sent &* 96).squareRoot()), sent / 10, Self.minDistance), Self.maxDistance)
    }

    /// How many bytes more may go out without a mark.
    var left: Int { max(1, distance - unmarked) }

    var isDue: Bool { unmarked >= distance }

    mutating func mark() {
        sent &+= unmarked
        unmarked = 0
    }
}
