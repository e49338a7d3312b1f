@testable import ScuttleCore

extension [UInt8] {
    init(_ text: String) {
        self.init(text.utf8)
    }

    /// Lends the bytes.
    func lend<Result, Thrown: Error>(_ body: (Bytes) throws(Thrown) -> Result) throws(Thrown) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(Thrown) in try body(Bytes(buffer)) }
    }

    /// The bytes as text if they are UTF-8, for messages.
    var text: String {
        String(decoding: self, as: UTF8.self)
    }

    /// The lines of a text, without their newlines. The text behind the last newline is a line too.
    var lines: [[UInt8]] {
        split(separator: 0x0a, omittingEmptySubsequences: false).map { [UInt8]($0) }
    }
}

extension String {
    func lend<Result, Thrown: Error>(_ body: (Bytes) throws(Thrown) -> Result) throws(Thrown) -> Result {
        try [UInt8](utf8).lend(body)
    }
}

extension UnsafeRawBufferPointer {
    var text: String { String(decoding: self, as: UTF8.self) }
}
