extension Range<Int> {
    /// Returns the first position at which `isUpper` is true; the end if there is none. `isUpper` must be false below some
    /// position and true from there on. O(log n).
    package func partition(_ isUpper: (Int) -> Bool) -> Int {
        var (low, high) = (lowerBound, upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if isUpper(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
