import Scuttle
import Testing

@Suite struct CallbackTests {
    @Test func updatesAreTold() throws {
        let told = Box<[Update]>([])
        var configuration = Configuration()
        configuration.onUpdate = { _, update in told.value.append(update) }
        let pair = try Pair(configuration)
        try pair.here.set("k", to: "1")
        try pair.here.remove("k")
        try pair.here.tick(milliseconds: 1)
        try pair.here.set("t", to: "1", timeToLive: .zero)
        try pair.here.tick(milliseconds: 2)
        try pair.there.set("l", to: "[2]")
        try pair.settle()
        #expect(told.value.map(\.key) == ["k", "k", "t", "t", "l"])
        #expect(told.value.map(\.flags) == [.local, [.local, .deleted], .local, [.local, .deleted, .expired], []])
        #expect(told.value[1].isDelete && told.value[1].value == "null")
        #expect(told.value[3].timestamp == told.value[2].timestamp && told.value[3].dot != told.value[2].dot)
        #expect(told.value[4].value == "[2]" && told.value[4].timestamp.source == pair.there.source)
    }

    @Test func callbacksReadAndDoNotWrite() throws {
        let calls = Box(0)
        let link = Box<Link?>(nil)
        var configuration = Configuration()
        configuration.onUpdate = { replica, update in
            calls.value += 1
            #expect(throws: Never.self) {
                #expect(try replica[update.key] == update.value)
                #expect(try replica.count == 1)
                #expect(try replica.entries().count == 1)
                #expect(try replica.version == 1)
                #expect(try replica.versionVector.count == 1)
                _ = try replica.history
                _ = try replica.news(of: replica.source)
                _ = try link.value?.info
            }
            expect(.busy) { try replica.set("x", to: "1") }
            expect(.busy) { try replica.remove("x") }
            expect(.busy) { try replica.gossip() }
            expect(.busy) { try replica.tick(milliseconds: 1) }
            expect(.busy) { try replica.purge() }
            expect(.busy) { try replica.retire("x") }
            expect(.busy) { try replica.acceptAgain() }
            expect(.busy) { try replica.export() }
            expect(.busy) { try replica.import([]) }
            expect(.busy) { try replica.fingerprint }
            expect(.busy) { try replica.openLink() }
            expect(.busy) { try replica.trimHistory { _ in true } }
            expect(.busy) { try replica.record(update) }
            if let link = link.value {
                expect(.busy) { try link.write([]) }
                expect(.busy) { try link.read() }
                expect(.busy) { try link.gossip() }
            }
        }
        let replica = try Replica("a", configuration)
        link.value = try replica.openLink()
        try replica.set("k", to: "1")
        #expect(calls.value == 1)
        #expect(try replica.count == 1)
        link.value = nil
    }

    @Test func aCallbackClosesItsLink() throws {
        let links = Box<[Link]>([])
        var configuration = Configuration()
        configuration.onEvent = { link, event in
            if event == .hello {
                link.close()
                #expect(link.isClosed)
                expect(.argument) { try link.info }
            }
        }
        configuration.maxLinks = 1
        let here = try Replica("here", configuration)
        let there = try Replica("there")
        let toThere = try here.openLink()
        let toHere = try there.openLink()
        try toHere.gossip()
        try toThere.write(toHere.read())
        #expect(toThere.isClosed)
        expect(.argument) { try toThere.read() }
        // It was the only link that may be open.
        links.value.append(try here.openLink())
    }

    @Test func aCallbackReleasesTheLastReferenceOfALink() throws {
        let link = Box<Link?>(nil)
        var configuration = Configuration()
        configuration.maxLinks = 1
        configuration.onUpdate = { _, _ in link.value = nil }
        let replica = try Replica("a", configuration)
        link.value = try replica.openLink()
        try replica.set("k", to: "1")
        #expect(link.value == nil)
        #expect(throws: Never.self) { try replica.openLink() }
    }

    @Test func acceptDecides() throws {
        let asked = Box<[String]>([])
        let isOpen = Box(false)
        let events = Box<[Event]>([])
        var hub = Configuration()
        hub.accept = { link, update in
            asked.value.append("\((try? link.info.peerName) ?? "?") \(update.key)")
            return isOpen.value || update.key != "secret"
        }
        var there = Configuration()
        there.onEvent = { _, event in events.value.append(event) }
        let pair = try Pair(hub, there)
        try pair.there.set("secret", to: "1")
        try pair.there.set("public", to: "2")
        #expect(try pair.settle() == [.refused])
        try pair.settle()
        #expect(asked.value.sorted() == ["there public", "there secret"])
        #expect(try pair.here.entries().map(\.key) == ["public"])
        let refused = events.value.compactMap { event -> Update? in
            if case .refused(.refused, let update) = event { return update }
            return nil
        }
        #expect(refused.map(\.key) == ["secret"])
        #expect(events.value.contains(.hello))
        isOpen.value = true
        try pair.here.acceptAgain()
        for _ in 0..<3 { try pair.settle() }
        #expect(try pair.here["secret"] == "1")
        #expect(events.value.contains(.inStep))
    }

    @Test func compaction() throws {
        let told = Box<[[UInt64]]>([])
        var configuration = Configuration()
        configuration.maxHistory = 3
        configuration.onCompaction = { replica, updates in
            told.value.append(updates.map(\.timestamp.version))
            expect(.argument) { try replica.keepHistory(upTo: 1) }
            #expect(throws: Never.self) {
                if told.value.count == 1 {
                    try replica.keepHistory(upTo: 5)
                } else {
                    try replica.trimHistory { $0.timestamp.version % 2 == 0 }
                }
            }
        }
        let replica = try Replica("a", configuration)
        for index in 1...6 { try replica.set("k", to: JSONText("\(index)")) }
        #expect(told.value.count == 2 && told.value[0] == [1])
        #expect(try replica.history.map(\.timestamp.version).contains(2) == false)
        #expect(try replica.history.last?.timestamp.version == 6)
    }

    @Test func callbacksCallOtherReplicas() throws {
        let mirror = try Replica("mirror")
        var configuration = Configuration()
        configuration.onUpdate = { _, update in
            #expect(throws: Never.self) { try mirror.set(update.key, to: update.value) }
        }
        let replica = try Replica("a", configuration)
        try replica.set("k", to: "1")
        #expect(try mirror["k"] == "1")
    }

    @Test func twinsAreTold() throws {
        let events = Box<[Event]>([])
        var configuration = Configuration()
        configuration.onEvent = { _, event in events.value.append(event) }
        let hub = try Replica("hub", configuration)
        let twins = try [Replica("lamp"), Replica("lamp")]
        let links = try twins.map { (try hub.openLink(), try $0.openLink()) }
        for _ in 0..<6 {
            for (index, twin) in twins.enumerated() {
                try twin.set("k\(index)", to: "1")
                try twin.gossip()
                for _ in 0..<10 {
                    try links[index].0.write(links[index].1.read())
                    try links[index].1.write(links[index].0.read())
                }
            }
        }
        #expect(events.value.contains(.twin))
    }
}
