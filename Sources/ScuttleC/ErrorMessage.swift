import CSystem
import ScuttleCore

/// The text of the last error, at a fixed address, so that it can be read without the lock. The NUL at its end is never
/// overwritten.
final class ErrorMessage {
    private static var capacity: Int { 256 }
    private let start = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)

    init() {
        start.initialize(repeating: 0, count: Self.capacity)
    }

    deinit {
        start.deallocate()
    }

    var text: UnsafePointer<CChar> { UnsafePointer(start) }

    /// Sets the text to an error's sentence, or to the text of its code if there is no sentence.
    func set(_ failure: Failure) {
        guard !failure.sentence.bytes.isEmpty else { return set(Bytes(sentence(for: failure.code.rawValue))) }
        set(failure.sentence)
    }

    func set(_ sentence: Sentence) {
        sentence.bytes.withUnsafeBytes { set($0) }
    }

    /// Sets the text, cut to fit and on one line, because jansson may quote bytes of a peer.
    private func set(_ text: Bytes) {
        let shown = text.prefixOfCharacters(within: Self.capacity - 1)
        for (offset, byte) in shown.enumerated() {
            let isControl = byte < 0x20 || byte == 0x7f
            start[offset] = CChar(bitPattern: isControl ? UInt8(ascii: "?") : byte)
        }
        start[shown.count] = 0
    }

    /// Copies the text, cut to fit, and a NUL; `capacity` is at least 1.
    func copy(to buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
        Self.copy(start, to: buffer, capacity: capacity)
    }

    static func copy(_ text: UnsafePointer<CChar>, to buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
        let whole = Bytes(start: text, count: strnlen(text, Self.capacity))
        let shown = whole.prefixOfCharacters(within: capacity - 1)
        for (offset, byte) in shown.enumerated() { buffer[offset] = CChar(bitPattern: byte) }
        buffer[shown.count] = 0
    }
}
