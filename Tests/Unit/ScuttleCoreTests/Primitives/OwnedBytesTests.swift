import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("OwnedBytes")
struct OwnedBytesTests {
    @Test("A copy of its own, with a NUL behind it", arguments: [0, 1, 7, 8, 9, 1000])
    func copies(count: Int) {
        let original = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        original.initializeMemory(as: UInt8.self, repeating: 0x41)
        let owned = OwnedBytes(copying: Bytes(original))
        original.initializeMemory(as: UInt8.self, repeating: 0x42)
        original.deallocate()
        let bytes = owned.bytes
        #expect([UInt8](bytes) == [UInt8](repeating: 0x41, count: count))
        #expect(bytes.baseAddress?.load(fromByteOffset: count, as: UInt8.self) == 0)
    }

    @Test("Of no bytes without an address")
    func nothing() {
        let owned = OwnedBytes(copying: Bytes(start: nil, count: 0))
        let (count, behind) = (owned.bytes.count, owned.bytes.baseAddress?.load(as: UInt8.self))
        #expect(count == 0)
        #expect(behind == 0)
    }
}
