/// Where a delta on a stream says how far it has come, lest a link that breaks takes it all with it: after a part of what has
/// been sent since its head, so that little is lost on a link that breaks soon, and marks cost little on one that lasts.
struct MarkSpacing {
    private var sent = 0
    private var unmarked = 0

    static var shortest: Int { 128 }
    static var longest: Int { 8192 }

    mutating func add(_ bytes: Int) {
        unmarked &+= bytes
    }

    /// How many bytes more may go out without a mark.
    var left: Int { max(1, min(max(sent / 4, Self.shortest), Self.longest) - unmarked) }

    var isDue: Bool { unmarked >= min(max(sent / 4, Self.shortest), Self.longest) }

    mutating func mark() {
        sent &+= unmarked
        unmarked = 0
    }
}
