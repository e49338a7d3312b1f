/// The distance between the marks of a delta on a stream. It grows with the bytes that were sent since the head, so a
/// link that breaks early loses little, and marks cost little on a link that lasts.
struct MarkSpacing {
    private var sent = 0
    private var unmarked = 0

    static var minDistance: Int { 128 }
    static var maxDistance: Int { 8192 }

    mutating func add(_ bytes: Int) {
        unmarked &+= bytes
    }

    /// The distance to the next mark. A mark has some 64 bytes. A link that breaks loses half a distance on average,
    /// and a whole one at worst. At the root of one to two times the product of a mark's size and the sent bytes, both
    /// costs are equal, whenever the link breaks. If that is less than a tenth of the sent bytes, a tenth is enough.
    private var distance: Int {
        min(max(Int(Double(sent &* 96).squareRoot()), sent / 10, Self.minDistance), Self.maxDistance)
    }

    /// The number of bytes that may still be sent without a mark.
    var left: Int { max(1, distance - unmarked) }

    var isDue: Bool { unmarked >= distance }

    mutating func mark() {
        sent &+= unmarked
        unmarked = 0
    }
}
