/// One array of items in the order of version, then source, with room in front for what was taken out there.
///
/// Append and take out the first: O(1) amortised. Anywhere else: O(log n) to find the place, and to move what is on the
/// shorter side of it, or for an insertion what is behind it.
struct SortedRun<Item: BitwiseCopyable> {
    struct Element {
        let version: Version
        let source: SourceID
        let item: Item

        @inline(__always)
        func precedes(_ other: Element) -> Bool {
            version == other.version ? source < other.source : version < other.version
        }
    }

    private(set) var elements: [Element] = []
    /// The elements before this place are gone.
    private(set) var head = 0

    init() {}

    init(sorted: [Element]) {
        elements = sorted
    }

    var count: Int { elements.count - head }

    mutating func insert(_ element: Element) {
        if let last = elements.last, count > 0, element.precedes(last) {
            elements.insert(element, at: place(of: element.version, element.source))
        } else {
            elements.append(element)
        }
    }

    mutating func remove(_ version: Version, _ source: SourceID) {
        let place = place(of: version, source)
        guard place < elements.count, elements[place].version == version, elements[place].source == source else {
            return
        }
        if place - head > elements.count - place {
            elements.remove(at: place)
        } else {
            elements.withUnsafeMutableBufferPointer { all in
                guard place > head, let start = all.baseAddress else { return }
                (start + head + 1).update(from: start + head, count: place - head)
            }
            dropFirst()
        }
    }

    mutating func dropFirst() {
        head += 1
        guard head > elements.count / 2 + 32 else { return }
        elements.removeSubrange(..<head)
        head = 0
    }

    /// Visits the items of a source above a version, ascending. O(log n + elements of all sources above it).
    @inline(__always)
    func forEach(of source: SourceID, above version: Version, _ visit: (Element) -> Void) {
        for place in firstPlace(above: version)..<elements.count where elements[place].source == source {
            visit(elements[place])
        }
    }

    func firstPlace(above version: Version) -> Int {
        place(of: version + 1, 0)
    }

    /// The first place that does not stand before this version and source.
    private func place(of version: Version, _ source: SourceID) -> Int {
        var (low, high) = (head, elements.count)
        while low < high {
            let middle = low + (high - low) / 2
            let element = elements[middle]
            let isBefore = element.version == version ? element.source < source : element.version < version
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: - For those that sort when asked

    /// Adds an element out of order.
    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func sort() {
        elements.removeSubrange(..<head)
        head = 0
        elements.sort { $0.precedes($1) }
    }
}
