/// What still fits into a filling of a batch.
struct Room {
    var messages: Int
    /// In a datagram; on a stream there is no end.
    var bytes: Int

    /// Lines that name many sources are broken here on a stream, so that no receiver has to take a long one.
    static var longestLine: Int { 1000 }

    /// The most that a part of a line with a source's id and up to three versions takes.
    static func cost(of source: Source) -> Int {
        source.quoted.count + 54
    }
}

extension Link {
    /// Appends a line if it fits; where nothing else stands in its way, and it still does not, that is to be reported.
    func append(within room: Room, asks: Bool = false, _ write: (inout ByteBuffer) -> Void) -> Bool {
        if room.bytes != .max, batch.measure(write) > room.bytes { return reportNoSpace(room) }
        batch.append(asks: asks, write)
        return true
    }

    /// False; to be reported where nothing else is in the datagram.
    func reportNoSpace(_ room: Room) -> Bool {
        if batch.end == 0 { failure = Failure(.space, "no message fits a datagram of \(room.bytes) bytes") }
        return false
    }
}
