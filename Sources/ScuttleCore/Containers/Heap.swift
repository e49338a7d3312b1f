/// A binary heap in an array: no element precedes the first.
///
/// Each call is given the order, because an order may need more than two elements, and `moved`, which is called with the new index of each
/// element that moves. Insert, remove, restore: O(log n).
struct Heap<Element: BitwiseCopyable> {
    /// The elements. If one changes, `restoreFirst` or `restoreAll` has to follow.
    var elements: [Element] = []

    @inline(__always)
    mutating func insert(
        _ element: Element, precedes: (Element, Element) -> Bool, moved: (Element, Int) -> Void = { _, _ in }
    ) {
        elements.append(element)
        siftUp(elements.count - 1, precedes, moved)
    }

    /// Removes the element at an index, and moves the last one there.
    @inline(__always)
    mutating func remove(
        at index: Int, precedes: (Element, Element) -> Bool, moved: (Element, Int) -> Void = { _, _ in }
    ) {
        let last = elements.removeLast()
        guard index < elements.count else { return }
        elements[index] = last
        siftDown(siftUp(index, precedes, moved), precedes, moved)
    }

    /// Puts the first element in its place, after it has changed.
    @inline(__always)
    mutating func restoreFirst(
        precedes: (Element, Element) -> Bool, moved: (Element, Int) -> Void = { _, _ in }
    ) {
        siftDown(0, precedes, moved)
    }

    /// Puts all elements in order, after many have changed. O(n).
    @inline(__always)
    mutating func restoreAll(
        precedes: (Element, Element) -> Bool, moved: (Element, Int) -> Void = { _, _ in }
    ) {
        for index in stride(from: elements.count / 2 - 1, through: 0, by: -1) { siftDown(index, precedes, moved) }
    }

    /// Each element on the way moves down once, and the rising element is written at the end.
    @inline(__always) @discardableResult
    private mutating func siftUp(
        _ index: Int, _ precedes: (Element, Element) -> Bool, _ moved: (Element, Int) -> Void
    ) -> Int {
        elements.withUnsafeMutableBufferPointer { elements in
            let element = elements[index]
            var hole = index
            while hole > 0, precedes(element, elements[(hole - 1) / 2]) {
                elements[hole] = elements[(hole - 1) / 2]
                moved(elements[hole], hole)
                hole = (hole - 1) / 2
            }
            elements[hole] = element
            moved(element, hole)
            return hole
        }
    }

    /// Each element on the way moves up once, and the sinking element is written at the end.
    @inline(__always)
    private mutating func siftDown(
        _ index: Int, _ precedes: (Element, Element) -> Bool, _ moved: (Element, Int) -> Void
    ) {
        elements.withUnsafeMutableBufferPointer { elements in
            let element = elements[index]
            var hole = index
            while true {
                var child = 2 * hole + 1
                guard child < elements.count else { break }
                if child + 1 < elements.count, precedes(elements[child + 1], elements[child]) { child += 1 }
                guard precedes(elements[child], element) else { break }
                elements[hole] = elements[child]
                moved(elements[hole], hole)
                hole = child
            }
            elements[hole] = element
            moved(element, hole)
        }
    }
}
