import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("ByteBuffer")
struct ByteBufferTests {
    @Test("As an array, under random appends, reservations and clearings", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var buffer = ByteBuffer()
        var model: [UInt8] = []
        for _ in 0..<200 {
            let bytes = random.bytes(random.below(random.oneIn(20) ? 900 : 30))
            switch random.below(12) {
            case 0:
                buffer.clear()
                model = []
            case 1...5:
                // More capacity than is used afterwards.
                let room = buffer.reserve(bytes.count + random.below(10))
                bytes.lend { if let from = $0.baseAddress { room.copyMemory(from: from, byteCount: $0.count) } }
                buffer.advance(bytes.count)
                model += bytes
            default:
                bytes.lend { buffer.append($0) }
                model += bytes
            }
            let (held, count) = ([UInt8](buffer.bytes), buffer.count)
            check(held == model && count == model.count, "seed \(seed): \(count) bytes, \(model.count) expected")
        }
    }

    @Test("Within the capacity, nothing moves")
    func stays() {
        var buffer = ByteBuffer()
        let start = buffer.reserve(100)
        buffer.advance(40)
        let behind = buffer.reserve(60)
        #expect(behind == start + 40)
        buffer.clear()
        let again = buffer.reserve(100)
        #expect(again == start)
    }

    @Test("Its last bytes move in front of any others", arguments: 0...12)
    func moving(count: Int) {
        let bytes = [UInt8]((0..<UInt8(count)))
        for start in 0...count {
            for place in 0...start {
                var buffer = ByteBuffer()
                bytes.lend { buffer.append($0) }
                buffer.move(from: start, to: place)
                let moved = [UInt8](buffer.bytes)
                let expected = [bytes[..<place], bytes[start...], bytes[place..<start]].flatMap { $0 }
                check(moved == expected, "\(start) to \(place): \(moved)")
            }
        }
    }

    @Test("Appending nothing changes nothing")
    func nothing() {
        var buffer = ByteBuffer()
        buffer.append(Bytes(start: nil, count: 0))
        buffer.clear()
        let count = buffer.bytes.count
        #expect(count == 0)
    }

    @Test("A clear frees large memory: the next use allocates a small block")
    func givesBack() {
        var buffer = ByteBuffer()
        [UInt8](repeating: 1, count: 1 << 20).lend { buffer.append($0) }
        buffer.clear()
        let isAway = buffer.bytes.baseAddress == nil
        #expect(isAway)
    }
}
