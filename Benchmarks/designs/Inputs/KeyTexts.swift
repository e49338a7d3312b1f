/// Keys of 16 bytes, one behind the other, so that to read the next one costs as little as it can.
struct KeyTexts: ~Copyable {
    static let length = 16

    private let memory: UnsafeMutableRawPointer
    let count: Int

    /// The keys with these numbers: hexadecimal digits of a mixture, which is a bijection, so no two are the same.
    init(_ numbers: [Int]) {
        count = numbers.count
        memory = .allocate(byteCount: max(count, 1) * Self.length, alignment: 8)
        for (place, number) in numbers.enumerated() { Self.write(number, to: memory + place * Self.length) }
    }

    deinit {
        memory.deallocate()
    }

    subscript(place: Int) -> Bytes {
        Bytes(start: memory + place * Self.length, count: Self.length)
    }

    static func write(_ number: Int, to memory: UnsafeMutableRawPointer) {
        var rest = RandomSource.mix(UInt64(number) &+ 1)
        for offset in 0..<length {
            memory.storeBytes(of: ByteWriter.hexadecimal(UInt8(rest & 15)), toByteOffset: offset, as: UInt8.self)
            rest >>= 4
        }
    }

    /// Calls `body` with the key of a number.
    static func with<Result>(_ number: Int, _ body: (Bytes) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: length, alignment: 8) { room in
            let start = room.baseAddress.unsafelyUnwrapped
            write(number, to: start)
            return body(Bytes(start: start, count: length))
        }
    }
}

extension Record {
    /// A small update of the key with a number.
    init(ofKey number: Int, source: SourceID = 0, version: Version) {
        self = KeyTexts.with(number) {
            Record(
                key: $0, value: Bytes("true"), source: source, version: version, kind: .value, in: RecordPool())
        }
    }
}
