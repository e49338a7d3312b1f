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
        let bytes = [UInt8](text.utf8)
        var count = min(bytes.count, Self.capacity - 1)
        while count > 0, count < bytes.count, bytes[count].continuesCharacter { count -= 1 }
        for offset in 0..<count {
            let isControl = bytes[offset] < 0x20 || bytes[offset] == 0x7f
            start[offset] = CChar(bitPattern: isControl ? UInt8(ascii: "?") : bytes[offset])
        }
        start[count] = 0
    }

    /// Copies the message, cut to fit, and a NUL; `capacity` is at least 1.
    func copy(to buffer: UnsafeMutablePointer<CChar>, capacity: Int) {
        var count = 0
        while count < min(capacity, Self.capacity) - 1, start[count] != 0 {
            buffer[count] = start[count]
            count += 1
        }
        while count > 0, UInt8(bitPattern: start[count]).continuesCharacter { count -= 1 }
        buffer[count] = 0
    }
}

extension UInt8 {
    /// Whether a cut before this byte would be in the middle of a character of UTF-8.
    fileprivate var continuesCharacter: Bool { self & 0xc0 == 0x80 }
}
