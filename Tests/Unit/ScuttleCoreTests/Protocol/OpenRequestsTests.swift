import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("OpenRequests")
struct OpenRequestsTests {
    private static let kinds: [OpenRequests.Kind] = [.subscription, .vector, .contents]

    /// Returns the modes that may serve a kind of request.
    private static func mayServe(_ kind: OpenRequests.Kind) -> Set<DeltaMode> {
        switch kind {
        // A hello requests updates, too, if its vector is known.
        case .subscription, .vector: [.log, .state, .reset, .early]
        case .contents: [.contents]
        }
    }

    @Test("A request is open for the modes that may serve its kind, and no other nonce is", arguments: 0..<20)
    func kinds(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var requests = OpenRequests(base: random.next())
        var made: [(nonce: UInt64, kind: OpenRequests.Kind)] = []
        for _ in 0..<30 {
            let kind = random.pick(Self.kinds)
            let nonce = requests.open(kind)
            check(nonce <= .highest && nonce > made.last?.nonce ?? 0, "nonces ascend: \(nonce)")
            made.append((nonce, kind))
            for request in made {
                for mode in DeltaMode.allCases {
                    let isOpen = requests.isOpen(request.nonce, for: mode)
                    check(isOpen == Self.mayServe(request.kind).contains(mode), "\(request.kind) by \(mode)")
                }
            }
            let nonces = Set(made.map(\.nonce))
            let near = made.flatMap { request in (0..<9).map { request.nonce &+ $0 &- 4 } }
            for nonce in near + [0, 1, .max, .max - 3] where !nonces.contains(nonce) {
                // The kind is a part of the nonce: with another kind it may be that of another request.
                guard !nonces.contains(where: { $0 >> 2 == nonce >> 2 }) else { continue }
                for mode in DeltaMode.allCases { check(!requests.isOpen(nonce, for: mode), "\(nonce) by \(mode)") }
            }
        }
    }

    @Test("A served request is closed, and all earlier ones; but a log delta continues")
    func closing() {
        withEvery(upTo: 4, over: Self.kinds) { kinds in
            for closed in kinds.indices {
                var requests = OpenRequests(base: 77)
                let nonces = kinds.map { requests.open($0) }
                requests.close(nonces[closed])
                for (number, kind) in kinds.enumerated() {
                    for mode in DeltaMode.allCases {
                        let expected = Self.mayServe(kind).contains(mode) && (mode == .log || number > closed)
                        check(requests.isOpen(nonces[number], for: mode) == expected, "\(kinds), \(closed), \(mode)")
                    }
                }
                // Closing an older one later reopens nothing.
                requests.close(nonces[0])
                check(!requests.isOpen(nonces[closed], for: .state), "\(kinds), \(closed)")
            }
        }
    }

    @Test("A fourth kind, and nonces of other links, are not open")
    func strangers() {
        var requests = OpenRequests(base: 5)
        let nonce = requests.open(.vector)
        #expect(!requests.isOpen(nonce | 3, for: .state))
        #expect(!requests.isOpen(nonce - 4, for: .state))
        requests.close(.max)
        requests.close(0)
        #expect(requests.isOpen(nonce, for: .state))
        var other = OpenRequests(base: 6 << 40)
        #expect(!requests.isOpen(other.open(.vector), for: .state))
    }

    @Test("From any base on, nonces stay below 2^53", arguments: [0, 1, 1 << 49, (1 << 50) - 1, .max] as [UInt64])
    func bases(base: UInt64) {
        var requests = OpenRequests(base: base)
        for kind in Self.kinds {
            let nonce = requests.open(kind)
            #expect(nonce > 0 && nonce <= .highest)
            #expect(requests.isOpen(nonce, for: .log) == (kind != .contents))
        }
    }

    @Test("Each link of a replica has nonces of its own, which follow from its seed")
    func links() throws {
        func nonces(_ seed: UInt64) throws -> [UInt64] {
            let replica = try Replica.make(seed: seed)
            return try (0..<3).map { _ in
                let end = try LinkEnd(replica)
                end.link.gossip()
                return HandPeer.nonce(in: end.readLines()[0], of: "hello") ?? 0
            }
        }
        let first = try nonces(1)
        #expect(try nonces(1) == first)
        #expect(Set(first + (try nonces(2))).count == 6)
    }
}
