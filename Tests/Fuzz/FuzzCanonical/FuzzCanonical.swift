import ScuttleCore
import ScuttleJansson

/// Reads any text as a value, as lines, and as a value in a line: jansson accepts every text that the fast path accepts, with
/// the same meaning; and both together return the same as jansson alone.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    // A copy of exact size, so that the sanitizer detects a read beyond it.
    let text = [UInt8](UnsafeBufferPointer(start: data, count: size))
    var tight = Limits()
    (tight.depth, tight.valueBytes) = (2, 24)
    for limits in [Limits(), tight] {
        compareValue(text, limits)
        compareFront(text, limits)
        for line in text.split(separator: 0x0a) { compareLine([UInt8](line), limits) }
        compareLine(
            [UInt8](#"{"key":"k","value":"#.utf8) + text + [UInt8](#","source_id":"A","version":1}"#.utf8), limits)
        compareFront(
            [UInt8](#"{"key":"k","value":1,"source_id":"A","version":1}"#.utf8) + text, limits)
        for end in ["}", #","deleted":true}"#] {
            compareLine(
                [UInt8](#"{"key":"k","value":null,"source_id":"A","version":5,"written":["#.utf8) + text
                    + [UInt8]("]\(end)".utf8), limits)
        }
        compareLine(
            [UInt8](#"{"key":"k","value":1,"source_id":"A","version":5,"ttl":"#.utf8) + text + [UInt8]("}".utf8), limits
        )
        for (front, back) in controls { compareLine([UInt8](front.utf8) + text + [UInt8](back.utf8), limits) }
    }
    return 0
}

/// Control messages with a gap for the text.
private let controls = [
    (#"{"digest":true,"cover":{"A":[0,1]},"lines":["#, "]}"),
    (#"{"digest":true,"mark":{"sequence":1,"lines":["#, "]}}"),
    (#"{"digest":true,"request":{"revision":"#, "}}"),
    (#"{"digest":true,"delta":{"mode":"#, "}}"),
    (#"{"digest":true,"commit":{"sequence":1,"lines":[0,"00000000"],"sources":{"#, #"},"from":0,"to":4,"last":true}}"#),
    (
        #"{"digest":true,"vector":{"incarnation":5,"epoch":0,"nonce":7,"lamport":1,"since":1,"until":2,"sources":{"#,
        #"},"from":0,"to":1,"last":true}}"#
    ),
    (
        #"{"digest":true,"hello":{"protocol":[1,1],"source":"p~A","incarnation":5,"cluster":"","lamport":1,"epoch":"#,
        #","nonce":4,"reply":false}}"#
    ),
]

private func compareValue(_ text: [UInt8], _ limits: Limits) {
    text.withUnsafeBytes { text in
        let isDirect = CanonicalValue.accepts(text, maxDepth: limits.depth)
        let judged = outcome { (values) throws(Failure) in try values.checkByJansson(text, limits) }
        if isDirect {
            precondition(
                judged == Outcome(text: [UInt8](text)), "the fast path accepts a value that jansson rejects or changes")
        }
        guard text.count <= limits.valueBytes else { return }
        precondition(outcome { (values) throws(Failure) in try values.check(text, limits) } == judged)
    }
}

/// Checks that a line at the front of a text is read as it is alone, and removed; and that an unread line stays.
private func compareFront(_ text: [UInt8], _ limits: Limits) {
    text.withUnsafeBytes { text in
        var rest = text
        let taken = CanonicalUpdate.readFirst(of: &rest, limits).map { Outcome(message: .update($0)) }
        let end = text.firstIndex(of: 0x0a)
        let line = UnsafeRawBufferPointer(rebasing: text[..<(end ?? 0)])
        let alone = end == nil ? nil : CanonicalUpdate.read(line, limits).map { Outcome(message: .update($0)) }
        precondition(taken == alone, "the update depends on the text behind its line")
        precondition(rest.count == text.count - (taken == nil ? 0 : line.count + 1), "not exactly one line was removed")
    }
}

private func compareLine(_ line: [UInt8], _ limits: Limits) {
    line.withUnsafeBytes { line in
        var decoder = JanssonJudge(limits: limits)
        let judged = outcome { (take) throws(Failure) in try decoder.judge(line, take) }
        if let direct = CanonicalUpdate.read(line, limits) {
            precondition(
                judged == Outcome(message: .update(direct)),
                "the fast path reads an update that jansson rejects or reads differently")
        }
        if let direct = CanonicalCover.read(line).map({ Message.cover($0) }) ?? CanonicalControl.read(line) {
            precondition(
                judged == Outcome(message: direct),
                "the fast path reads a control message that jansson rejects or reads differently")
        }
        precondition(outcome { (take) throws(Failure) in try decoder.read(line, take) } == judged)
    }
}

/// The outcome of a text, in owned bytes: a value, a message or an error.
private struct Outcome: Equatable {
    var key: [UInt8] = []
    var value: [UInt8] = []
    var source: [UInt8] = []
    var version: Version = 0
    var kind: Update.Kind?
    /// The source of a republished update's timestamp.
    var writer: [UInt8] = []
    var written: Version = 0
    /// A message other than an update.
    var control = ""
    var versions: [Version] = []
    var code: Failure.Code?
    var detail = ""

    init(text: [UInt8]) {
        value = text
    }

    init(message: Message) {
        switch message {
        case .update(let update):
            (key, value, source) = ([UInt8](update.key), [UInt8](update.value), [UInt8](update.source))
            (version, kind) = (update.version, update.kind)
            versions = [update.timeToLive, update.timeToLive == .max ? 0 : update.age]
            if let timestamp = update.written { (writer, written) = ([UInt8](timestamp.source), timestamp.version) }
        default: control = plain(message)
        }
    }

    init(_ failure: Failure) {
        (code, detail) = (failure.code, failure.detail)
    }
}

private func outcome(_ body: (inout ValueText) throws(Failure) -> UnsafeRawBufferPointer) -> Outcome {
    var values = ValueText()
    do throws(Failure) {
        return Outcome(text: [UInt8](try body(&values)))
    } catch {
        return Outcome(error)
    }
}

private func outcome(_ body: ((Message) throws(Failure) -> Void) throws(Failure) -> Void) -> Outcome {
    var outcome: Outcome?
    do throws(Failure) {
        try body { outcome = Outcome(message: $0) }
        return outcome ?? Outcome(text: [])
    } catch {
        return Outcome(error)
    }
}

/// Returns a message with all of its fields as text, bytes in hexadecimal, so that two can be compared.
private func plain(_ value: Any) -> String {
    if let bytes = value as? UnsafeRawBufferPointer {
        return bytes.map { String($0, radix: 16) }.joined(separator: " ")
    }
    let children = Mirror(reflecting: value).children
    guard !children.isEmpty else { return "\(value)" }
    return "(" + children.map { "\($0.label ?? ""): \(plain($0.value))" }.joined(separator: ", ") + ")"
}
