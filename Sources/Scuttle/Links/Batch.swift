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
        var isDigest = false
    }

    private var segments: [Segment] = []
    private var text = ByteBuffer()
    /// The first segment that is not gone, and how much of it is.
    private var first = 0
    private var gone = 0

    var count: Int { segments.count - first }
    var isEmpty: Bool { count == 0 }

    /// Whether a digest waits here of which nothing has been sent.
    var hasDigests: Bool { segments[(gone > 0 ? first + 1 : first)...].contains { $0.isDigest } }

    deinit {
        for segment in segments[first...] { segment.record?.release() }
    }

    mutating func append(_ record: Record) {
        record.retain()
        segments.append(Segment(record: record, start: 0, count: record.line.count))
    }

    mutating func appendDigest(of source: Source) {
        append(text.appendDigest(of: source), isDigest: true)
    }

    mutating func appendDone() {
        let start = text.count
        text.append(Bytes("{\"digest\":true,\"done\":true}\n"))
        append(start..<text.count, isDigest: false)
    }

    private mutating func append(_ range: Range<Int>, isDigest: Bool) {
        segments.append(Segment(record: nil, start: range.lowerBound, count: range.count, isDigest: isDigest))
    }

    /// The bytes to send next, in up to `most` pieces; they stay where they are until they are consumed.
    func visitSpans(most: Int, _ visit: (Bytes) -> Void) {
        for index in first..<min(segments.count, first + most) {
            visit(Bytes(rebasing: bytes(of: segments[index])[(index == first ? gone : 0)...]))
        }
    }

    /// Lets the first `count` bytes go; there are as many.
    mutating func consume(_ count: Int) {
        gone += count
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
