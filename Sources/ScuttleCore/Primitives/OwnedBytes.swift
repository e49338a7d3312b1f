/// An immutable copy of bytes at a fixed address, with a NUL behind them for C.
public struct OwnedBytes: ~Copyable {
    private let start: UnsafeMutableRawPointer
    private let count: Int

    public init(copying bytes: Bytes) {
        count = bytes.count
        start = .allocate(byteCount: bytes.count + 1, alignment: 1)
        if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
        start.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
    }

    init(copying bytes: [UInt8]) {
        count = bytes.count
        start = .allocate(byteCount: bytes.count + 1, alignment: 1)
        for (offset, byte) in bytes.enumerated() { start.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
        start.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
    }

    deinit {
        start.deallocate()
    }

    /// The bytes without the NUL.
    public var bytes: Bytes {
        Bytes(start: start, count: count)
    }
}
