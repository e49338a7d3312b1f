import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Column")
struct ColumnTests {
    /// An element whose size is not a power of two, as in the history.
    private struct Slot: BitwiseCopyable, Equatable {
        let (a, b, c): (UInt64, UInt64, UInt32)

        init(_ number: UInt64) {
            (a, b, c) = (number, ~number, UInt32(truncatingIfNeeded: number))
        }
    }

    private func elements<Element>(_ column: borrowing Column<Element>) -> [Element] {
        (0..<column.count).map { column[$0] }
    }

    private func model<Element: BitwiseCopyable & Equatable>(seed: Int, _ make: (UInt64) -> Element) {
        var random = TestRandom(seed: UInt64(seed))
        var column = Column<Element>()
        var model: [Element] = []
        for step in 0..<3000 {
            let element = make(random.next())
            switch random.below(12) {
            case 0:
                let popped = column.popLast()
                check(popped == model.popLast(), "seed \(seed), step \(step): the last one was another")
            case 1, 2:
                let position = random.below(model.count + 1)
                column.insert(element, at: position)
                model.insert(element, at: position)
            case 3 where !model.isEmpty:
                let position = random.below(model.count)
                column[position] = element
                model[position] = element
            case 4 where random.oneIn(20):
                let kept = random.below(model.count + 1)
                column.truncate(to: kept)
                model.removeSubrange(kept...)
            case 5 where random.oneIn(100):
                column.clear()
                model = []
            default:
                column.append(element)
                model.append(element)
            }
            let (count, isEmpty, last) = (column.count, column.isEmpty, column.last)
            check(count == model.count && isEmpty == model.isEmpty, "seed \(seed), step \(step): count \(count)")
            check(last == model.last, "seed \(seed), step \(step): the last one is another")
            guard step % 50 == 0 || model.count < 10 else { continue }
            let elements = elements(column)
            check(elements == model, "seed \(seed), step \(step): \(elements), not \(model)")
        }
    }

    @Test("As an array, under random operations, for elements of any size", arguments: 0..<20)
    func model(seed: Int) {
        model(seed: seed) { UInt8(truncatingIfNeeded: $0) }
        model(seed: seed) { UInt32(truncatingIfNeeded: $0) }
        model(seed: seed) { $0 }
        model(seed: seed) { Slot($0) }
    }

    @Test("An unused or cleared column is empty and has no block")
    func empty() {
        var column = Column<UInt64>()
        func examine(_ column: borrowing Column<UInt64>) {
            let (count, isEmpty, last, room) = (column.count, column.isEmpty, column.last, column.bytes)
            #expect(count == 0 && isEmpty && last == nil && room == 0)
            let place = column.partition { _ in true }
            #expect(place == 0)
        }
        examine(column)
        let popped = column.popLast()
        #expect(popped == nil)
        column.truncate(to: 0)
        column.clear()
        examine(column)
        for number: UInt64 in 0..<100 { column.append(number) }
        let room = column.bytes
        #expect(room >= 800)
        column.truncate(to: 0)
        let kept = column.bytes
        #expect(kept == room, "a truncated column keeps its capacity")
        column.clear()
        examine(column)
        column.append(7)
        let elements = elements(column)
        #expect(elements == [7])
    }

    /// Appends numbers until the block has `most` bytes, and checks all of them each time that it has grown.
    private func grow<Element: BitwiseCopyable & Equatable>(to most: Int, _ make: (UInt64) -> Element) {
        var column = Column<Element>()
        var room = 0
        var rooms: [Int] = []
        while room < most {
            let number = UInt64(column.count)
            column.append(make(number))
            guard column.bytes != room else { continue }
            room = column.bytes
            rooms.append(room)
            var wrong = 0
            for earlier in 0...number where column[Int(earlier)] != make(earlier) { wrong += 1 }
            check(wrong == 0, "\(wrong) of \(number + 1) are others in a block of \(room) bytes")
        }
        for (smaller, larger) in zip(rooms, rooms.dropFirst()) where smaller >= 1 << 20 {
            check(larger - smaller <= smaller / 4, "from \(smaller) bytes to \(larger)")
        }
        let place = column.count / 2
        column.insert(make(1), at: place)
        let (before, inserted, last) = (column[place - 1], column[place], column[column.count - 1])
        check(inserted == make(1) && before == make(UInt64(place - 1)), "the inserted element is at another index")
        check(last == make(UInt64(column.count - 2)), "the last one was another")
    }

    @Test("Elements survive growing, beyond the size from which on the system moves the block")
    func growth() {
        grow(to: 6 << 20) { $0 &* 0x9e37_79b9_7f4a_7c15 }
        grow(to: 3 << 20) { Slot($0) }
    }

    @Test("The first element of the upper part, at every size and index", arguments: 0...9)
    func partition(count: Int) {
        var column = Column<UInt32>()
        for number in 0..<UInt32(count) { column.append(2 * number) }
        for place in 0...count {
            let found = column.partition { $0 >= 2 * place }
            check(found == place, "\(place) of \(count): \(found)")
        }
    }
}
