import Scuttle
import Testing

@Suite struct LifetimeTests {
    final class Token: Sendable {}

    @Test func aReplicaAndItsClosuresAreReleased() throws {
        weak var replica: Replica?
        weak var token: Token?
        weak var link: Link?
        do {
            let captured = Token()
            token = captured
            var configuration = Configuration(resolver: .custom { _, _ in withExtendedLifetime(captured) { true } })
            configuration.onUpdate = { _, _ in withExtendedLifetime(captured) {} }
            configuration.onEvent = { _, _ in withExtendedLifetime(captured) {} }
            configuration.onDrain = { _ in withExtendedLifetime(captured) {} }
            configuration.onCompaction = { _, _ in withExtendedLifetime(captured) {} }
            configuration.accept = { _, _ in withExtendedLifetime(captured) { true } }
            let made = try Replica("a", configuration)
            replica = made
            let opened = try made.openLink(.live)
            link = opened
            for index in 0..<20 { try made.set("k\(index)", to: "1") }
            _ = made.changes.makeAsyncIterator()
            try opened.gossip()
            #expect(try !opened.read().isEmpty)
        }
        #expect(replica == nil)
        #expect(link == nil)
        #expect(token == nil)
    }

    @Test func aLinkKeepsItsReplica() throws {
        weak var replica: Replica?
        var link: Link?
        do {
            let made = try Replica("a")
            replica = made
            link = try made.openLink()
        }
        #expect(replica != nil)
        try link?.gossip()
        #expect(link?.replica.name == "a")
        link?.close()
        #expect(replica != nil)
        link = nil
        #expect(replica == nil)
    }

    @Test func linksAreGivenBack() throws {
        var configuration = Configuration()
        configuration.maxLinks = 2
        let replica = try Replica("a", configuration)
        for _ in 0..<100 {
            let first = try replica.openLink()
            let second = try replica.openLink()
            first.close()
            _ = second
        }
        #expect(try replica.retire("nobody") == false)
    }

    @Test func aReplicaThatCannotBeMadeReleasesItsClosures() {
        weak var token: Token?
        do {
            let captured = Token()
            token = captured
            var configuration = Configuration()
            configuration.onUpdate = { _, _ in withExtendedLifetime(captured) {} }
            expect(.id) { try Replica("", configuration) }
        }
        #expect(token == nil)
    }

    @Test func theLastReferenceGoesInACallback() throws {
        weak var weakReplica: Replica?
        let owner = Box<(Replica, Link)?>(nil)
        var configuration = Configuration()
        configuration.onUpdate = { _, _ in owner.value = nil }
        do {
            let replica = try Replica("a", configuration)
            weakReplica = replica
            owner.value = (replica, try replica.openLink())
        }
        try owner.value?.0.set("k", to: "1")
        #expect(owner.value == nil)
        #expect(weakReplica == nil)
    }
}
