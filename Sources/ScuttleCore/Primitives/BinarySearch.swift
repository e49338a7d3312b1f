extension Range<Int> {
    /// The first position in the upper part, where `isUpper` is false below some position and true from there on; the end
    /// where it is true nowhere. O(log n).
    package func partition(_ isUpper: (Int) -> Bool) -> Int {
        var (low, high) = (lowerBound, upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if isUpper(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
