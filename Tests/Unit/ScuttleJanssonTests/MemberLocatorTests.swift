import Testing

@testable import ScuttleCore
@testable import ScuttleJansson
@testable import ScuttleTesting

@Suite("MemberLocator")
struct MemberLocatorTests {
    private func located(_ place: Int, in object: String) -> String {
        object.lend { MemberLocator.value(ofMember: place, in: $0).text }
    }

    private func compacted(_ text: String) -> String {
        var values = ValueText()
        return text.lend { (try? values.compact($0))?.text ?? "no memory" }
    }

    @Test(
        "Each member of random objects, with white space anywhere, equals its tokens",
        arguments: 0..<60)
    func random(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        for _ in 0..<10 {
            let values = (0..<random.within(1...6)).map { _ in random.json() }
            let members = values.enumerated().map { place, value in
                [random.jsonString(ending: "\(place)"), ":"] + value.tokens
            }
            let object = JSONTokens(tokens: ["{"] + members.joined(separator: [","]) + ["}"])
            for text in [object.compact, object.spaced(&random), object.spaced(&random)] {
                for (place, value) in values.enumerated() {
                    let mine = located(place, in: text)
                    check(compacted(mine) == value.compact, "member \(place) of \(text) is \(mine)")
                    let isTrimmed = mine.first?.isWhitespace == false && mine.last?.isWhitespace == false
                    check(isTrimmed, "white space around member \(place) of \(text): \(mine)")
                }
            }
        }
    }

    @Test(
        "Without white space the text is unchanged",
        arguments: [
            (0, #"{"a":1}"#, "1"),
            (0, #"{"}":"{"}"#, #""{""#),
            (1, #"{"a:1,":{"b":[1,{"c":2}]},"d":"\"}\\"}"#, #""\"}\\""#),
            (2, #"{"a":[1,2,3],"b":{"x":1,"y":2},"c":-1.5e3,"d":0}"#, "-1.5e3"),
            (3, #"{"a":[[],{}],"b":{},"c":[],"d":null}"#, "null"),
            (1, "{\"\\\\\":0,\"\\\"\":[\",\"]}", "[\",\"]"),
        ])
    func exact(place: Int, object: String, value: String) {
        #expect(located(place, in: object) == value)
    }

    @Test("An index without a member returns no text")
    func beyond() {
        #expect(located(1, in: #"{"a":1}"#).isEmpty)
        #expect(located(0, in: "{}").isEmpty)
        #expect(located(7, in: #"{"a":[1,2,3,4,5,6,7,8],"b":{"c":1,"d":2}}"#).isEmpty)
    }
}
