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
    /// The sources from a number on of which there is something to say, as far as they fit into `room` bytes of one line; and
    /// from where on the next line has to speak. O(sources passed).
    func sources(from first: Int, within room: Int, where isToSay: (SourceID) -> Bool) -> (ids: [SourceID], end: Int) {
        var (left, end) = (room, first)
        var ids: [SourceID] = []
        while end < replica.sources.count {
            let id = SourceID(truncatingIfNeeded: end)
            if isToSay(id) {
                let cost = Room.cost(of: replica.sources[id])
                guard cost <= left else { break }
                left -= cost
                ids.append(id)
            }
            end += 1
        }
        return (ids, end)
    }

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
