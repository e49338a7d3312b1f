/// The next messages that a link sends: a shared delta, which it borrows; or text of its own, with long values borrowed from
/// their records.
///
/// A link fills it when it is empty, so it holds one filling at most; the reader of a stream may stop in the middle of a message.
/// Owns a reference to each record whose value it borrows, so a link that waits for a slow peer holds some kilobytes.
struct SendBuffer: ~Copyable {
    /// The messages of one filling, and the bytes of text that end it: enough to make it cheap, few enough to stay small.
    static var maxMessages: Int { 64 }
    static var maxText: Int { 8192 }

    /// Shorter values are copied: a piece more costs the reader more than that.
    private static var minBorrowed: Int { 1024 }

    /// A value that stays in its record. It goes out before the text at `offset`.
    private struct Borrowed {
        let record: Record
        var offset: Int
    }

    private var shared: SharedText?
    private var text = MessageBuffer()
    private var values: [Borrowed] = []

    /// How much is gone of the shared delta or of the text, how many values, and how much of the next one.
    private var consumed = 0
    private var consumedValues = 0
    private var consumedOfValue = 0

    /// All bytes and messages in it that are not gone.
    private(set) var byteCount = 0
    private(set) var count = 0
    /// Where in the text the last greeting begins that wants an answer.
    private var requestOffset: Int?
    /// The datagram begins with an echo.
    private(set) var hasEcho = false

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { shared != nil || text.count >= Self.maxText }

    /// Whether a greeting that wants an answer waits here, and nothing of it has been sent.
    var isRequest: Bool { requestOffset.map { $0 >= consumed } ?? false }

    deinit {
        for value in values[consumedValues...] { value.record.release() }
    }

    /// Borrows a shared text; the buffer is empty.
    @_optimize(speed)
    mutating func share(_ text: SharedText) {
        shared = text
        (byteCount, count) = (text.bytes.count, text.messages)
    }

    /// Appends an update's line; returns the hash of it without its newline.
    @discardableResult
    @_optimize(speed)
    mutating func append(_ line: UpdateLine) -> UInt64 {
        let value = line.record.value.count
        let start = text.count
        count += 1
        guard value >= Self.minBorrowed else {
            let hash = text.appendHashed(line)
            byteCount += text.count - start
            return hash
        }
        let front = text.appendAroundValue(line)
        line.record.retain()
        values.append(Borrowed(record: line.record, offset: start + front))
        byteCount += text.count - start + value
        return text.hash(ofUpdateAt: start, front, around: line.record.value)
    }

    /// Appends a line of other text.
    @_optimize(speed)
    mutating func append(isRequest: Bool = false, _ write: (inout MessageBuffer) -> Void) {
        let start = text.count
        write(&text)
        if isRequest { requestOffset = start }
        byteCount += text.count - start
        count += 1
    }

    /// Where in the text the next message will stand.
    var end: Int { text.count }

    /// Puts a line in front of the messages behind an offset: a head is written when its body is known.
    mutating func insert(at offset: Int, _ write: (inout MessageBuffer) -> Void) {
        let start = text.count
        append(write)
        text.move(from: start, to: offset)
        for index in values.indices where values[index].offset >= offset { values[index].offset += text.count - start }
        if let begin = requestOffset, begin >= offset { requestOffset = begin + (text.count - start) }
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
        append(isRequest: true) { $0.appendDigest(of: source, at: version) }
    }

    mutating func appendDone() {
        append { $0.appendDone() }
    }

    /// The bytes to send next, in up to `maxCount` pieces, each as long as can be. They stay valid until they are consumed.
    @_optimize(speed)
    func visitSpans(maxCount: Int = .max, _ visit: (Bytes) -> Void) {
        if let shared {
            if maxCount > 0 { visit(Bytes(rebasing: shared.bytes[consumed...])) }
            return
        }
        var (offset, index, hidden, left) = (consumed, consumedValues, consumedOfValue, maxCount)
        let text = text.bytes
        while left > 0, offset < text.count || index < values.count {
            let end = index < values.count ? values[index].offset : text.count
            if offset < end {
                visit(Bytes(rebasing: text[offset..<end]))
                offset = end
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
            let end = consumedValues < values.count ? values[consumedValues].offset : consumed + rest
            if consumed < end {
                let step = min(rest, end - consumed)
                // A shared delta counts with all its messages until it is gone.
                if shared == nil {
                    count -= text.encoding.messageCount(endingIn: Bytes(rebasing: text.bytes[consumed..<consumed + step]))
                }
                consumed += step
                rest -= step
            } else {
                let value = values[consumedValues].record
                let step = min(rest, value.value.count - consumedOfValue)
                consumedOfValue += step
                rest -= step
                guard consumedOfValue == value.value.count else { continue }
                value.release()
                consumedValues += 1
                consumedOfValue = 0
            }
        }
    }

    /// Everything is gone; the text's memory stays for what may follow at once.
    private mutating func empty() {
        (shared, requestOffset, consumed, count, hasEcho) = (nil, nil, 0, 0, false)
        text.truncate(to: 0)
        guard !values.isEmpty else { return }
        for value in values[consumedValues...] { value.record.release() }
        (values, consumedValues, consumedOfValue) = ([], 0, 0)
    }

    /// Whether it keeps memory in which nothing stands.
    var isWasteful: Bool { isEmpty && text.isLarge }

    /// Nothing follows for now, and it is empty: a link that has nothing to say is to be small.
    mutating func releaseMemory() {
        text.clear()
    }
}
