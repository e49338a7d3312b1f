import Scuttle

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

    /// Takes a message over, on one line, since jansson may quote what a peer sent, and cut to fit.
    func set(_ text: String) {
        var count = 0
        for byte in text.utf8.prefix(Self.capacity - 1) {
            start[count] = CChar(bitPattern: byte < 0x20 || byte == 0x7f ? UInt8(ascii: "?") : byte)
            count += 1
        }
        while count > 0, count == Self.capacity - 1, start[count - 1] < 0 { count -= 1 }
        start[count] = 0
    }

    /// Copies the message, cut to fit, and a NUL; `capacity` is at least 1.
    func copy(to buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
        var count = 0
        while count < min(capacity, Self.capacity) - 1, start[count] != 0 {
            buffer[count] = start[count]
            count += 1
        }
        buffer[count] = 0
    }
}
