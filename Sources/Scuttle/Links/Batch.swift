/// The next few messages of a link, on their way out: a broadcast that is borrowed; or text of its own, with long values
/// borrowed from where they are.
///
/// It is filled when it is empty, so it never holds more than one filling; a stream reader may stop in the middle of a
/// message. Owns one reference to each record whose value it borrows, so a link that waits for a slow peer holds some
/// kilobytes, whatever it has to send.
struct Batch: ~Copyable {
    /// Messages in one filling, and bytes of text that end it: enough to make it cheap, few enough to stay small.
    static var most: Int { 64 }
    static var mostText: Int { 8192 }

    /// Shorter values are copied: a piece more costs the reader more than that.
    private static var shortestBorrowed: Int { 1024 }

    private struct Segment {
        /// Whose value it is; where nil, the bytes stand in `text`.
        let record: Record?
        let start: Int
        let count: Int
        let endsMessage: Bool
        var asks = false
    }

    private var shared: Broadcast?
    private var segments: [Segment] = []
    private var text = ByteBuffer()
    /// The first segment that is not gone, and how much of it is.
    private var first = 0
    private var gone = 0

    /// All bytes and messages in it that are not gone.
    private(set) var byteCount = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { shared != nil || text.count >= Self.mostText }

    /// Whether a question waits here of which nothing has been sent.
    var asks: Bool { shared == nil && segments[(gone > 0 ? first + 1 : first)...].contains { $0.asks } }

    deinit {
        for segment in segments[first...] { segment.record?.release() }
    }

    /// Borrows a broadcast; the batch is empty.
    mutating func share(_ broadcast: Broadcast) {
        shared = broadcast
        (byteCount, count) = (broadcast.bytes.count, broadcast.messages)
    }

    /// Appends an update's line.
    mutating func append(_ line: UpdateLine) {
        let record = line.record
        let value = record.value.count
        guard value >= Self.shortestBorrowed else {
            return append { $0.append(line) }
        }
        let start = text.count
        let front = text.appendAroundValue(line)
        record.retain()
        segments.append(Segment(record: nil, start: start, count: front, endsMessage: false))
        segments.append(Segment(record: record, start: 0, count: value, endsMessage: false))
        segments.append(
            Segment(record: nil, start: start + front, count: text.count - start - front, endsMessage: true))
        byteCount += text.count - start + value
        count += 1
    }

    /// Appends a line of other text.
    mutating func append(asks: Bool = false, _ write: (inout ByteBuffer) -> Void) {
        append(at: segments.count, asks: asks, write)
    }

    /// The same in front of what was appended since there were `place` segments: a head is written when its body is known.
    mutating func append(at place: Int, asks: Bool = false, _ write: (inout ByteBuffer) -> Void) {
        let start = text.count
        write(&text)
        let segment = Segment(record: nil, start: start, count: text.count - start, endsMessage: true, asks: asks)
        if place == segments.count { segments.append(segment) } else { segments.insert(segment, at: place) }
        byteCount += segment.count
        count += 1
    }

    /// Where the next segment will stand.
    var end: Int { segments.count }

    /// How long a line would be.
    mutating func measure(_ write: (inout ByteBuffer) -> Void) -> Int {
        let start = text.count
        write(&text)
        defer { text.truncate(to: start) }
        return text.count - start
    }

    mutating func appendDigest(of source: Source) {
        append(asks: true) { _ = $0.appendDigest(of: source) }
    }

    mutating func appendDone() {
        append { $0.put("{\"digest\":true,\"done\":true}\n") }
    }

    /// The bytes to send next, in up to `most` pieces, each as long as can be; they stay where they are until they are
    /// consumed.
    func visitSpans(most: Int = .max, _ visit: (Bytes) -> Void) {
        if let shared {
            if most > 0 { visit(Bytes(rebasing: shared.bytes[gone...])) }
            return
        }
        var (index, left, hidden) = (first, most, gone)
        while index < segments.count, left > 0 {
            let segment = segments[index]
            index += 1
            if let record = segment.record {
                visit(Bytes(rebasing: record.value[hidden...]))
                (left, hidden) = (left - 1, 0)
                continue
            }
            var end = segment.start + segment.count
            while index < segments.count, segments[index].record == nil, segments[index].start == end {
                end += segments[index].count
                index += 1
            }
            visit(Bytes(rebasing: text.bytes[segment.start + hidden..<end]))
            (left, hidden) = (left - 1, 0)
        }
    }

    /// Lets the first `bytes` go; there are as many.
    mutating func consume(_ bytes: Int) {
        gone += bytes
        byteCount -= bytes
        if shared != nil {
            // In the middle of it, it counts as what it was.
            if byteCount == 0 { (shared, count, gone) = (nil, 0, 0) }
            return
        }
        while first < segments.count, gone >= segments[first].count {
            gone -= segments[first].count
            segments[first].record?.release()
            if segments[first].endsMessage { count -= 1 }
            first += 1
        }
        guard isEmpty else { return }
        // A link that has nothing to say is to be small.
        segments = []
        first = 0
        text.clear()
    }
}
