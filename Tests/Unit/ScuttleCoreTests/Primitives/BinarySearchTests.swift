import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Binary search")
struct BinarySearchTests {
    @Test("The first position in the upper part of a range, at every size and position", arguments: 0...9)
    func partition(count: Int) {
        for start in [0, 5] {
            for place in start...start + count {
                let found = (start..<start + count).partition { $0 >= place }
                check(found == place, "\(place) of \(start)..<\(start + count): \(found)")
            }
        }
    }
}
