import ScuttleJansson

@testable import ScuttleCore

/// One end of a link: the link and its input.
final class End {
    let replica: Replica
    let link: Link
    private var input = LinkInput()
    /// Whether the bytes received so far end with a line.
    private(set) var isBetweenLines = true

    init(_ replica: Replica, _ options: Link.Options) throws(Failure) {
        self.replica = replica
        link = try replica.openLink(options)
        link.host = UnsafeRawPointer(Unmanaged.passUnretained(link).toOpaque())
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        if let last = bytes.last { isBetweenLines = last == 0x0a || link.isDatagram }
        try bytes.lend { (bytes) throws(Failure) in try input.receive(bytes, on: link) }
    }

    func read(upTo capacity: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: capacity)
        let count = try bytes.lendToFill { (buffer) throws(Failure) in try link.read(into: buffer) }
        return Array(bytes[..<count])
    }

    /// Returns bytes as a read does, by a peek and a consume.
    func peek(upTo capacity: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        try link.peek(maxCount: 1 + capacity % 5) { bytes += $0 }
        bytes.removeLast(max(bytes.count - capacity, 0))
        try link.consume(bytes.count)
        return bytes
    }

    func close() {
        replica.close(link)
    }

    var isExtended: Bool {
        link.isExtended
    }

    var hasEnded: Bool {
        link.hasEnded
    }
}

extension [UInt8] {
    func lend<Result, Thrown: Error>(_ body: (Bytes) throws(Thrown) -> Result) throws(Thrown) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(Thrown) in try body(Bytes(buffer)) }
    }

    mutating func lendToFill<Thrown: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Thrown) -> Int
    ) throws(Thrown) -> Int {
        try withUnsafeMutableBufferPointer { (buffer) throws(Thrown) in try body(UnsafeMutableRawBufferPointer(buffer))
        }
    }
}

extension Sequence<UInt8> {
    var text: String { String(decoding: Array(self), as: UTF8.self) }
}
