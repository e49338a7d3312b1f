import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Heap")
struct HeapTests {
    /// An element that is found by its id wherever it stands.
    private struct Item: BitwiseCopyable {
        let id: Int
        var rank: UInt64
    }

    private final class Indices {
        var all: [Int: Int] = [:]
    }

    @Test(
        "As a sorted array, with elements inserted, removed anywhere and changed; each index is known",
        arguments: 0..<20)
    func random(seed: UInt64) {
        var random = TestRandom(seed: seed)
        var heap = Heap<Item>()
        var model: [Int: UInt64] = [:]
        let indices = Indices()
        func precedes(_ a: Item, _ b: Item) -> Bool { a.rank < b.rank }
        func moved(_ item: Item, _ index: Int) { indices.all[item.id] = index }
        for step in 0..<500 {
            switch random.below(6) {
            case 0..<3:
                model[step] = UInt64(random.below(50))
                heap.insert(Item(id: step, rank: model[step] ?? 0), precedes: precedes, moved: moved)
            case 3 where !model.isEmpty:
                let index = random.below(heap.elements.count)
                let id = heap.elements[index].id
                (model[id], indices.all[id]) = (nil, nil)
                heap.remove(at: index, precedes: precedes, moved: moved)
            case 4 where !model.isEmpty:
                heap.elements[0].rank += UInt64(random.below(50))
                model[heap.elements[0].id] = heap.elements[0].rank
                heap.restoreFirst(precedes: precedes, moved: moved)
            case 5:
                for index in heap.elements.indices {
                    heap.elements[index].rank = UInt64(random.below(50))
                    model[heap.elements[index].id] = heap.elements[index].rank
                }
                heap.restoreAll(precedes: precedes, moved: moved)
            default: break
            }
            check(heap.elements.first?.rank == model.values.min(), "seed \(seed), step \(step)")
            check(heap.elements.count == model.count && indices.all.count == model.count, "seed \(seed), step \(step)")
            check(
                heap.elements.indices.allSatisfy { indices.all[heap.elements[$0].id] == $0 },
                "seed \(seed), step \(step): an element moved unseen")
        }
        while let first = heap.elements.first {
            #expect(first.rank == model.values.min())
            model[first.id] = nil
            heap.remove(at: 0, precedes: precedes, moved: moved)
        }
    }
}
