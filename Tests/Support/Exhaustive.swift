/// Loops over all small cases.

/// Visits every array over an alphabet, from the empty one up to a length.
func withEvery<Element>(upTo length: Int, over alphabet: [Element], _ body: ([Element]) throws -> Void) rethrows {
    var level: [[Element]] = [[]]
    for count in 0...length {
        for array in level { try body(array) }
        guard count < length else { return }
        level = level.flatMap { array in alphabet.map { array + [$0] } }
    }
}

/// Visits every way to cut an array into non-empty pieces.
func withEveryCut<Element>(of array: [Element], _ body: ([[Element]]) throws -> Void) rethrows {
    guard array.count > 1 else { return try body(array.isEmpty ? [] : [array]) }
    for cuts in 0..<(1 << (array.count - 1)) {
        var pieces: [[Element]] = [[array[0]]]
        for index in 1..<array.count {
            if cuts >> (index - 1) & 1 == 1 { pieces.append([]) }
            pieces[pieces.count - 1].append(array[index])
        }
        try body(pieces)
    }
}

/// Visits every order of some elements.
func withEveryOrder<Element>(of elements: [Element], _ body: ([Element]) throws -> Void) rethrows {
    var elements = elements
    try permute(&elements, from: 0, body)
}

private func permute<Element>(
    _ elements: inout [Element], from start: Int, _ body: ([Element]) throws -> Void
) rethrows {
    guard start < elements.count - 1 else { return try body(elements) }
    for index in start..<elements.count {
        elements.swapAt(start, index)
        try permute(&elements, from: start + 1, body)
        elements.swapAt(start, index)
    }
}
