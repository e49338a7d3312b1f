import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("SourceTable")
struct SourceTableTests {
    @Test("Numbers ascend, the own one first; each is found again; in order they ascend by bytes")
    func model() {
        var random = TestRandom(seed: 3)
        var names: [[UInt8]] = [[UInt8]("own")]
        let table = names[0].lend { SourceTableBox(own: $0) }
        for _ in 0..<300 {
            let name = random.text(1...4)
            let known = name.lend { table.sources.find($0) }
            check(known == names.firstIndex(of: name).map { SourceID($0) }, "\(name)")
            guard known == nil else { continue }
            let id = name.lend { table.sources.insert($0) }
            check(id == SourceID(names.count), "\(name) has number \(id)")
            names.append(name)
        }
        let count = table.sources.count
        #expect(count == names.count)
        let order = table.sources.inOrder().map { [UInt8](table.sources[$0].id) }
        #expect(order == names.sorted { $0.lexicographicallyPrecedes($1) })
    }

    /// A table that can be returned from a closure.
    private final class SourceTableBox {
        var sources: SourceTable

        init(own id: Bytes) {
            sources = SourceTable(own: id)
        }
    }

    @Test("A source has its id, a NUL behind it, and its JSON string", arguments: ["A", "é\u{1}\"", "\u{10ffff}\\"])
    func source(name: String) {
        let source = name.lend { Source(id: $0) }
        defer { source.deallocate() }
        #expect(source.id.text == name)
        #expect(source.id.baseAddress?.load(fromByteOffset: source.id.count, as: UInt8.self) == 0)
        #expect(source.quoted.text == quote([UInt8](name)))
        #expect(source.covered == 0)
    }
}
