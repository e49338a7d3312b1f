/// The next few messages of a link, on their way out: borrowed lines of records, and a text of its own for the rest.
///
/// It is filled when it is empty, so it never holds more than one filling; a stream reader may stop in the middle of a
/// message. Owns one reference to each record in it.
struct Batch: ~Copyable {
    /// Messages in one filling: enough to make the filling cheap, few enough to stay small.
    static var most: Int { 64 }

    private struct Segment {
        /// Where nil, the bytes stand in `text`.
        let record: Record?
        let start: Int
        let count: Int
        var asks = false
    }

    private var segments: [Segment] = []
    private var text = ByteBuffer()
    /// The first segment that is not gone, and how much of it is.
    private var first = 0
    private var gone = 0

    /// All bytes in it that are not gone.
    private(set) var byteCount = 0

    var count: Int { segments.count - first }
    var isEmpty: Bool { count == 0 }

    /// Whether a question waits here of which nothing has been sent.
    var asks: Bool { segments[(gone > 0 ? first + 1 : first)...].contains { $0.asks } }

    deinit {
        for segment in segments[first...] { segment.record?.release() }
    }

    mutating func append(_ record: Record) {
        record.retain()
        segments.append(Segment(record: record, start: 0, count: record.line.count))
        byteCount += record.line.count
    }

    /// Appends a line of other text.
    mutating func append(asks: Bool = false, _ write: (inout ByteBuffer) -> Void) {
        append(at: segments.count, asks: asks, write)
    }

    /// The same in front of what was appended since there were `place` segments: a head is written when its body is known.
    mutating func append(at place: Int, asks: Bool = false, _ write: (inout ByteBuffer) -> Void) {
        let start = text.count
        write(&text)
        segments.insert(Segment(record: nil, start: start, count: text.count - start, asks: asks), at: place)
        byteCount += text.count - start
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

    /// The bytes to send next, in up to `most` pieces; they stay where they are until they are consumed.
    func visitSpans(most: Int = .max, _ visit: (Bytes) -> Void) {
        for index in first..<first + min(count, most) {
            visit(Bytes(rebasing: bytes(of: segments[index])[(index == first ? gone : 0)...]))
        }
    }

    /// Lets the first `count` bytes go; there are as many.
    mutating func consume(_ count: Int) {
        gone += count
        byteCount -= count
        while first < segments.count, gone >= segments[first].count {
            gone -= segments[first].count
            segments[first].record?.release()
            first += 1
        }
        guard isEmpty else { return }
        segments.removeAll(keepingCapacity: true)
        first = 0
        text.clear()
    }

    private func bytes(of segment: Segment) -> Bytes {
        segment.record?.line ?? Bytes(rebasing: text.bytes[segment.start..<segment.start + segment.count])
    }
}
