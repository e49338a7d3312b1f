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

    /// A value that stands where it is, and in the text just before `place`.
    private struct Borrowed {
        let record: Record
        var place: Int
    }

    private var shared: SharedDelta?
    private var text = MessageBuffer()
    private var values: [Borrowed] = []

    /// How much is gone of the broadcast or of the text, how many values, and how much of the next one.
    private var gone = 0
    private var valuesGone = 0
    private var goneOfValue = 0

    /// All bytes and messages in it that are not gone.
    private(set) var byteCount = 0
    private(set) var count = 0
    /// Where in the text the last question begins.
    private var question: Int?
    /// The datagram begins with an echo.
    private(set) var hasEcho = false

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { shared != nil || text.count >= Self.mostText }

    /// Whether a question waits here of which nothing has been sent.
    var asks: Bool { question.map { $0 >= gone } ?? false }

    deinit {
        for value in values[valuesGone...] { value.record.release() }
    }

    /// Borrows a broadcast; the batch is empty.
    @_optimize(speed)
    mutating func share(_ broadcast: SharedDelta) {
        shared = broadcast
        (byteCount, count) = (broadcast.bytes.count, broadcast.messages)
    }

    /// Appends an update's line; returns the hash of it without its newline.
    @discardableResult
    @_optimize(speed)
    mutating func append(_ line: UpdateLine) -> UInt64 {
        let value = line.record.value.count
        let start = text.count
        count += 1
        guard value >= Self.shortestBorrowed else {
            let hash = text.appendHashed(line)
            byteCount += text.count - start
            return hash
        }
        let front = text.appendAroundValue(line)
        line.record.retain()
        values.append(Borrowed(record: line.record, place: start + front))
        byteCount += text.count - start + value
        return text.hash(ofUpdateAt: start, front, around: line.record.value)
    }

    /// Appends a line of other text.
    @_optimize(speed)
    mutating func append(asks: Bool = false, _ write: (inout MessageBuffer) -> Void) {
        let start = text.count
        write(&text)
        if asks { question = start }
        byteCount += text.count - start
        count += 1
    }

    /// Where in the text the next message will stand.
    var end: Int { text.count }

    /// Puts a line in front of what was appended since the end was at `place`: a head is written when its body is known.
    mutating func insert(at place: Int, _ write: (inout MessageBuffer) -> Void) {
        let start = text.count
        append(write)
        text.move(from: start, to: place)
        for index in values.indices where values[index].place >= place { values[index].place += text.count - start }
        if let begin = question, begin >= place { question = begin + (text.count - start) }
    }

    /// Puts the line with the echo in front of a datagram, once.
    mutating func insertEcho(_ write: (inout MessageBuffer) -> Void) {
        insert(at: 0, write)
        hasEcho = true
    }

    /// How long a line would be.
    mutating func measure(_ write: (inout MessageBuffer) -> Void) -> Int {
        let start = text.count
        write(&text)
        defer { text.truncate(to: start) }
        return text.count - start
    }

    mutating func appendDigest(of source: Source, at version: Version) {
        append(asks: true) { $0.appendDigest(of: source, at: version) }
    }

    mutating func appendDone() {
        append { $0.appendDone() }
    }

    /// The bytes to send next, in up to `most` pieces, each as long as can be; they stay where they are until they are
    /// consumed.
    @_optimize(speed)
    func visitSpans(most: Int = .max, _ visit: (Bytes) -> Void) {
        if let shared {
            if most > 0 { visit(Bytes(rebasing: shared.bytes[gone...])) }
            return
        }
        var (place, index, hidden, left) = (gone, valuesGone, goneOfValue, most)
        let text = text.bytes
        while left > 0, place < text.count || index < values.count {
            let end = index < values.count ? values[index].place : text.count
            if place < end {
                visit(Bytes(rebasing: text[place..<end]))
                place = end
            } else {
                visit(Bytes(rebasing: values[index].record.value[hidden...]))
                (index, hidden) = (index + 1, 0)
            }
            left -= 1
        }
    }

    /// Lets the first `bytes` go; there are as many.
    @_optimize(speed)
    mutating func consume(_ bytes: Int) {
        byteCount -= bytes
        guard byteCount > 0 else { return empty() }
        var rest = bytes
        while rest > 0 {
            let end = valuesGone < values.count ? values[valuesGone].place : gone + rest
            if gone < end {
                let step = min(rest, end - gone)
                // A broadcast counts as what it was until all of it is gone.
                if shared == nil {
                    count -= text.encoding.messageCount(endingIn: Bytes(rebasing: text.bytes[gone..<gone + step]))
                }
                gone += step
                rest -= step
            } else {
                let value = values[valuesGone].record
                let step = min(rest, value.value.count - goneOfValue)
                goneOfValue += step
                rest -= step
                guard goneOfValue == value.value.count else { continue }
                value.release()
                valuesGone += 1
                goneOfValue = 0
            }
        }
    }

    /// Everything is gone; the text's memory stays for what may follow at once.
    private mutating func empty() {
        (shared, question, gone, count, hasEcho) = (nil, nil, 0, 0, false)
        text.truncate(to: 0)
        guard !values.isEmpty else { return }
        for value in values[valuesGone...] { value.record.release() }
        (values, valuesGone, goneOfValue) = ([], 0, 0)
    }

    /// Whether it keeps memory in which nothing stands.
    var isWasteful: Bool { isEmpty && text.isLarge }

    /// Nothing follows for now, and it is empty: a link that has nothing to say is to be small.
    mutating func rest() {
        text.clear()
    }
}
