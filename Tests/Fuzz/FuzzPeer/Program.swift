@testable import ScuttleCore

/// The fuzzer's input as a program: choices from its front, and 0 if none is left.
struct Program {
    private var rest: UnsafeRawBufferPointer

    init(_ input: UnsafeRawBufferPointer) {
        rest = input
    }

    var isOver: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 {
        guard let first = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest[1...])
        return first
    }

    mutating func below(_ limit: Int) -> Int {
        Int(byte()) % max(limit, 1)
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// Returns a number from 0 to 2^63-1: a small one, one near a known number, a power of two, or nearly the highest.
    mutating func number(near known: [UInt64] = []) -> UInt64 {
        let choice = byte()
        let low = UInt64(choice & 31)
        switch choice >> 5 {
        case 1..<7 where !known.isEmpty:
            let (sum, isOver) = known[Int(choice >> 5 - 1) % known.count].subtractingReportingOverflow(8)
            return isOver ? low : min(sum + low, UInt64(Int64.max))
        case 7: return low < 24 ? 1 << (2 * low) : UInt64(Int64.max) - (31 - low)
        default: return low
        }
    }

    /// Returns a version from 0 to 2^53-1, chosen likewise.
    mutating func version(near known: [Version]) -> Version {
        let number = number(near: known)
        return number > .highest ? .highest - min(UInt64(Int64.max) - min(number, UInt64(Int64.max)), 31) : number
    }
}
