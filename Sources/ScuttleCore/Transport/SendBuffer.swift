/// The next messages of a link: a shared delta, which the buffer borrows; or text of its own, with long values borrowed
/// from their records.
///
/// A link fills an empty buffer, so it holds one filling at most. The reader of a stream may stop in the middle of a
/// message. The buffer owns a reference to each record whose value it borrows, so the link of a slow peer holds some
/// kilobytes.
struct SendBuffer: ~Copyable {
    /// The maximum number of messages in one filling, and the bytes of text that end it: enough to amortise its cost,
    /// few enough for little memory.
    static var maxMessages: Int { 64 }
    static var maxText: Int { 8192 }

    /// The minimum length of a borrowed value. One more piece costs the reader more than the copy of a shorter value.
    private static var minBorrowed: Int { 1024 }

    /// A value that stays in its record, before the text at `offset`.
    private struct Borrowed {
        let record: Record
        var offset: Int
    }

    private var shared: SharedText?
    private var text = MessageBuffer()
    private var values: [Borrowed] = []

    /// The consumed bytes of the shared delta or of the text, the number of consumed values, and the consumed bytes of
    /// the next value.
    private var consumed = 0
    private var consumedValues = 0
    private var consumedOfValue = 0

    /// The bytes and messages that are not consumed.
    private(set) var byteCount = 0
    private(set) var count = 0
    /// The offset in the text of the last message that is a request.
    private var requestOffset: Int?
    /// Whether the datagram begins with an echo.
    private(set) var hasEcho = false

    var isEmpty: Bool { count == 0 }
    var isFull: Bool { shared != nil || text.count >= Self.maxText }

    /// Whether a request is in the buffer, and none of its bytes was consumed.
    var hasUnsentRequest: Bool { requestOffset.map { $0 >= consumed } ?? false }

    deinit {
        for value in values[consumedValues...] { value.record.release() }
    }

    /// Borrows a shared text. The buffer is empty.
    @_optimize(speed)
    mutating func share(_ text: SharedText) {
        shared = text
        (byteCount, count) = (text.bytes.count, text.messages)
    }

    /// Appends an update's line. Returns the hash of the line without its newline.
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

    /// The offset in the text of the next message.
    var end: Int { text.count }

    /// Inserts a line at an offset. The head of a delta is written when its body is known.
    mutating func insert(at offset: Int, _ write: (inout MessageBuffer) -> Void) {
        let start = text.count
        append(write)
        text.move(from: start, to: offset)
        for index in values.indices where values[index].offset >= offset { values[index].offset += text.count - start }
        if let begin = requestOffset, begin >= offset { requestOffset = begin + (text.count - start) }
    }

    /// Inserts the line with the echo in front of a datagram, once.
    mutating func insertEcho(_ write: (inout MessageBuffer) -> Void) {
        insert(at: 0, write)
        hasEcho = true
    }

    /// Returns the length of a line.
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

    /// Visits the next bytes to send, in up to `maxCount` pieces, each as long as possible. They stay valid until they
    /// are consumed.
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

    /// Consumes the first `bytes`. The buffer has as many.
    @_optimize(speed)
    mutating func consume(_ bytes: Int) {
        byteCount -= bytes
        guard byteCount > 0 else { return empty() }
        var rest = bytes
        while rest > 0 {
            let end = consumedValues < values.count ? values[consumedValues].offset : consumed + rest
            if consumed < end {
                let step = min(rest, end - consumed)
                // The messages of a shared delta count until the last of its bytes is consumed.
                if shared == nil {
                    count -= text.encoding.messageCount(
                        endingIn: Bytes(rebasing: text.bytes[consumed..<consumed + step]))
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

    /// Empties the buffer, and keeps the memory of its text for the next filling.
    private mutating func empty() {
        (shared, requestOffset, consumed, count, hasEcho) = (nil, nil, 0, 0, false)
        text.truncate(to: 0)
        guard !values.isEmpty else { return }
        for value in values[consumedValues...] { value.record.release() }
        (values, consumedValues, consumedOfValue) = ([], 0, 0)
    }

    /// Whether an empty buffer keeps much memory.
    var isWasteful: Bool { isEmpty && text.isLarge }

    /// Releases the memory of an empty buffer. A link without output is small.
    mutating func releaseMemory() {
        text.clear()
    }
}
