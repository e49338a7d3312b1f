import Glibc
import Scuttle
import Testing

@Suite struct ForkTests {
    /// Swift hides `fork`, because a child has only one thread; but C code may fork a Swift host.
    private let fork = dlsym(nil, "fork").map { unsafeBitCast($0, to: (@convention(c) () -> Int32).self) }

    @Test func inTheChildAnOlderReplicaIsForked() throws {
        let fork = try #require(fork)
        let replica = try Replica("a")
        let link = try replica.openLink()
        try replica.set("k", to: "1")
        let child = fork()
        guard child != 0 else {
            let calls: [() throws -> Any?] = [
                { try replica.set("k", to: "2") }, { try replica.get("k") }, { try replica.count },
                { try replica.entries() }, { try replica.gossip() }, { try replica.openLink() },
                { try link.read() }, { try link.write([]) }, { try link.info },
            ]
            let isForked = calls.allSatisfy { call in
                do {
                    _ = try call()
                    return false
                } catch {
                    return (error as? ScuttleError)?.code == .forked
                }
            }
            link.close()
            let own = try? Replica("child")
            let canWrite = (try? own?.set("k", to: "1")) == .done
            _exit(isForked && canWrite ? 0 : 1)
        }
        #expect(child > 0)
        var status: Int32 = -1
        waitpid(child, &status, 0)
        #expect(status == 0)
        #expect(try replica["k"] == "1")
    }
}
