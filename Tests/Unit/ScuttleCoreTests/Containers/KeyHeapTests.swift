import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("KeyHeap")
struct KeyHeapTests {
    private func item(_ number: UInt64, _ key: KeyID) -> KeyHeap.Item {
        KeyHeap.Item(priority: number, key: key, source: 0, version: number)
    }

    private func drain(_ heap: inout KeyHeap) -> [UInt64] {
        var numbers: [UInt64] = []
        while let item = heap.pop() { numbers.append(item.priority) }
        return numbers
    }

    @Test("As a sorted array, under random pushes, pops and sweeps", arguments: 0..<20)
    func model(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var heap = KeyHeap()
        // Each key is new, so it identifies its item.
        var model: [KeyID: UInt64] = [:]
        for key in 0..<600 as Range<KeyID> {
            let number = UInt64(random.below(100))
            heap.push(item(number, key))
            model[key] = number
            while random.oneIn(3), let popped = heap.pop() {
                check(popped.priority == model.values.min(), "\(popped.priority) is popped, not the least")
                check(model.removeValue(forKey: popped.key) == popped.priority, "\(popped.key) with its priority")
            }
            if random.oneIn(40) {
                let threshold = UInt64(random.below(100))
                heap.removeOutdated { $0.priority < threshold }
                model = model.filter { $0.value < threshold }
            }
            check(heap.items.count == model.count, "\(heap.items.count) items, not \(model.count)")
            check(heap.first?.priority == model.values.min(), "the first is the least")
        }
        let rest = drain(&heap)
        #expect(rest == model.values.sorted())
        #expect(heap.pop() == nil)
        #expect(heap.first == nil)
    }

    @Test("Outdated items are removed before they are the large majority", arguments: [0, 10, 1000])
    func sweeping(live: Int) {
        var heap = KeyHeap()
        for key in 0..<5000 as Range<KeyID> {
            // The latest ones are current.
            heap.push(item(UInt64(key), key)) { Int($0.key) > Int(key) - live }
            check(heap.items.count <= 4 * live + 150, "\(heap.items.count) items for \(live)")
        }
        #expect(Set(heap.items.map(\.key)).isSuperset(of: (5000 - live..<5000).map { KeyID($0) }))
    }

    @Test("Up to seven numbers in every order, some of them equal")
    func everyOrder() {
        for numbers in [[1, 2, 3, 4, 5, 6, 7], [1, 1, 2, 2, 3, 3], [5, 5, 5, 1], [9]] as [[UInt64]] {
            withEveryOrder(of: numbers) { order in
                var heap = KeyHeap()
                for (key, number) in order.enumerated() { heap.push(item(number, KeyID(key))) }
                let drained = drain(&heap)
                check(drained == numbers.sorted(), "\(order) came out as \(drained)")
            }
        }
    }
}
