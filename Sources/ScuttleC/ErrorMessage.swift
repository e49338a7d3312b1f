import CSystem
import ScuttleCore

/// The particulars of the last error, at an address that never moves: it may be read without the lock, and the NUL at
/// its end is never overwritten.
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

    /// Takes over what a failure says, or the text of its code if it says no more.
    func set(_ failure: Failure) {
        guard !failure.sentence.bytes.isEmpty else { return set(Bytes(sentence(for: failure.code.rawValue))) }
        set(failure.sentence)
    }

    func set(_ sentence: Sentence) {
        sentence.bytes.withUnsafeBytes { set($0) }
    }

    /// Takes a message over, on one line, since jansson may quote what a peer sent, and cut to fit.
    private func set(_ text: Bytes) {
        let shown = text.prefixOfCharacters(within: Self.capacity - 1)
        for (offset, byte) in shown.enumerated() {
            let isControl = byte < 0x20 || byte == 0x7f
            start[offset] = CChar(bitPattern: isControl ? UInt8(ascii: "?") : byte)
        }
        start[shown.count] = 0
    }

    /// Copies the message, cut to fit, and a NUL; `capacity` is at least 1.
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
