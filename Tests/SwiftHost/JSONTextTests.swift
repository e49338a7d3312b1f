import Scuttle
import Testing

@Suite struct JSONTextTests {
    @Test func textsAreBytes() {
        #expect(JSONText("\"\u{e9}\"").bytes == [0x22, 0xc3, 0xa9, 0x22])
        #expect(JSONText([0x31]) == "1")
        #expect(JSONText([0x22, 0xff, 0x22]).description == "\"\u{fffd}\"")
        #expect("\(JSONText("{}"))" == "{}")
        #expect(Set([JSONText("1"), "1", "2"]).count == 2)
    }

    @Test func outcomesAreCodes() {
        #expect([Outcome.done, .full, .truncated, .more].map(\.rawValue) == [0, 1, 3, 5])
    }
}
