import CScuttle
import ScuttleC
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("Codes")
struct CodesTests {
    @Test("The number of a code is that of its constant in the header", arguments: Failure.Code.allCases)
    func numbers(code: Failure.Code) {
        #expect(code.rawValue == constant(of: code).value)
        #expect(code.rawValue < 0)
    }

    @Test("Each error of the header is a code here, and no number repeats")
    func complete() throws {
        let header = try #require(Repository.bytes(of: "include/scuttle.h")).text
        let defined = header.matches(of: /#define (SCUTTLE_E_\w+) \((-\d+)\)/).map { (String($0.1), Int32($0.2)) }
        #expect(Set(defined.map(\.0)) == Set(codeNames.values))
        #expect(Set(defined.map(\.1)).count == defined.count)
        for (name, number) in defined {
            #expect(Failure.Code.allCases.first { codeNames[$0] == name }?.rawValue == number)
        }
    }

    @Test("Each code has a sentence of its own")
    func sentences() {
        let codes =
            [SCUTTLE_OK, SCUTTLE_FULL, SCUTTLE_NOT_FOUND, SCUTTLE_TORN, SCUTTLE_GAP, SCUTTLE_MORE]
            + Failure.Code.allCases.map(\.rawValue)
        let sentences = codes.map { String(cString: scuttle_strerror($0)) }
        #expect(Set(sentences).count == codes.count)
        #expect(sentences.allSatisfy { !$0.isEmpty && !$0.contains("\n") })
    }

    @Test(
        "Numbers without a code have one common sentence",
        arguments: [98, 99, -99, -1000, .max, .min] as [Int32])
    func unknown(code: Int32) {
        #expect(String(cString: scuttle_strerror(code)) == String(cString: scuttle_strerror(12345)))
    }

    @Test("The library has the version of the header")
    func version() {
        #expect(String(cString: scuttle_library_version()) == SCUTTLE_VERSION_STRING)
        let parts = "\(SCUTTLE_VERSION_MAJOR).\(SCUTTLE_VERSION_MINOR).\(SCUTTLE_VERSION_PATCH)"
        #expect(SCUTTLE_VERSION_STRING == parts)
    }
}
