@testable import ScuttleCore

extension TestRandom {
    /// Returns UTF-8 text without U+0000, with many special cases: escapes, control characters, characters of several bytes.
    mutating func text(_ count: ClosedRange<Int>) -> [UInt8] {
        let odd: [Unicode.Scalar] = [
            "\"", "\\", "/", "\u{1}", "\u{8}", "\t", "\n", "\r", "\u{1f}", " ", "\u{7f}", "\u{80}", "é", "\u{7ff}",
            "\u{800}",
            "\u{2028}", "\u{ffff}", "\u{10000}", "\u{10ffff}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<within(count) {
            text.append(oneIn(3) ? pick(odd) : Unicode.Scalar(UInt8(within(0x61...0x7a))))
        }
        return [UInt8](String(text))
    }
}
