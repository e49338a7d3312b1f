import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Deletes that one host refuses, and that other replicas have purged.
@Suite("Refused deletes")
struct RefusedDeleteTests {
    /// `x` writes a key that `y` deletes, and refuses the delete. `z` has purged the tombstone before it meets that write.
    @Test("A write that a refused and purged delete beats spreads under a new dot", arguments: Link.Options.ways)
    func spreadsAnew(options: Link.Options) throws {
        let told = Collected<Event>()
        let mesh = try Mesh("x y z", over: options) { configuration in
            configuration.keepsTombstones = true
            configuration.onEvent = { _, event, _ in told.all.append(event) }
        }
        let x = try mesh.add("x") { configuration in
            configuration.accept = { _, update in !(update.isDelete && update.key.text == "k") }
        }
        try x.set("k", "1")
        try mesh.settle()
        try x.set("k", "2")
        try mesh["y"].set("other", "0")
        try mesh["y"].delete("k")
        try mesh.meet("y", "z")
        #expect(try mesh["z"].purge() == 1)
        let write = x.entry("k")

        let pair = try mesh.pair("x", "y")
        pair.gossip()
        #expect(mesh.carry(pair).refused == [.refused])
        pair.close()
        #expect(x.entry("k") == write && mesh["y"].entry("k")?.isDelete == true)

        try mesh.meet("x", "z")
        #expect(mesh["z"].entry("k")?.write == write?.write)
        #expect(mesh["z"].entry("k") != write, "the write kept the dot that others have covered with the delete")
        try mesh.meet("y", "z", times: 3)
        #expect(mesh["y"].walk().map(\.key.text) == mesh["z"].walk().map(\.key.text))
        #expect(try mesh["z"].value("k") == nil)
        #expect(!told.all.contains(.diverged))
        check(mesh.replicas.values.allSatisfy { $0.broken == nil })
    }
}
