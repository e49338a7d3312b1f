import Scuttle
import Testing

@Suite struct SavingTests {
    /// Saves behind each of some writes.
    private func pieces(of replica: Replica, _ writes: [(Replica) throws -> Void]) throws -> [Piece] {
        var cursor = try replica.savedCursor ?? .beginning
        return try writes.map { write in
            try write(replica)
            let piece = try replica.save(since: cursor)
            cursor = piece.cursor
            return piece
        }
    }

    private func start(_ pieces: some Sequence<Piece>) throws -> Replica {
        var configuration = Configuration()
        configuration.state = pieces.flatMap(\.bytes)
        let replica = try Replica("a", configuration)
        #expect(!replica.isTruncated)
        return replica
    }

    private let writes: [(Replica) throws -> Void] = [
        { try $0.set("k", to: "{\"on\": true}") },
        { try $0.set("l", to: "\"é\"") },
        { try $0.remove("k") },
        { replica in for index in 0..<200 { try replica.set("many/\(index)", to: "1") } },
        { try $0.purge() },
        { try $0.set("l", to: "2") },
    ]

    @Test func piecesAreTheReplicaAtEveryPoint() throws {
        let replica = try Replica("a")
        var states: [[Entry]] = []
        let saved = try pieces(
            of: replica,
            writes.map { write in
                { replica in
                    try write(replica)
                    states.append(try replica.entries())
                }
            })
        #expect(saved.map(\.isWhole) == [true, false, false, false, false, false])
        #expect(saved[5].bytes.count < saved[3].bytes.count / 10)
        for count in 1...saved.count {
            #expect(try start(saved.prefix(count)).entries() == states[count - 1])
        }
        #expect(try start(saved).fingerprint == replica.fingerprint)
    }

    @Test func aTruncatedPieceDoesNotCount() throws {
        let replica = try Replica("a")
        let saved = try pieces(of: replica, [{ try $0.set("k", to: "1") }, { try $0.set("k", to: "2") }])
        let (first, second) = (saved[0].bytes, saved[1].bytes)
        for count in 1..<second.count - 1 {
            let next = try Replica("a")
            #expect(try next.import(first + second.prefix(count)) == .truncated)
            #expect(try next["k"] == "1", "truncated at \(count)")
        }
    }

    @Test func withoutAChangeThereAreNoLines() throws {
        let replica = try Replica("a")
        try replica.set("k", to: "1")
        let cursor = try replica.save().cursor
        let piece = try replica.save(since: cursor)
        #expect(piece.bytes == [] && !piece.isWhole && piece.cursor == cursor)
    }

    @Test func theNextStartGoesOnWithThePieces() throws {
        let first = try Replica("a")
        #expect(try first.savedCursor == nil)
        var file = try pieces(of: first, writes)
        for number in 0..<5 {
            let next = try start(file)
            #expect(try next.savedCursor != nil)
            let added = try pieces(of: next, [{ try $0.set("start/\(number)", to: "1") }])
            #expect(added.map(\.isWhole) == [false])
            file += added
        }
        #expect(try start(file).entries(prefix: "start/").map(\.key) == (0..<5).map { "start/\($0)" })
    }

    @Test func aCursorOfAnotherStartMakesAWholePiece() throws {
        let first = try Replica("a")
        try first.set("k", to: "1")
        let cursor = try first.save().cursor
        let second = try Replica("a")
        try second.set("l", to: "2")
        let piece = try second.save(since: cursor)
        #expect(piece.isWhole)
        #expect(try start([piece]).entries().map(\.key) == ["l"])
    }

    @Test func noSaveInAClosure() throws {
        let codes = Box([ScuttleError.Code]())
        var configuration = Configuration()
        configuration.onUpdate = { replica, _ in
            do throws(ScuttleError) { _ = try replica.save() } catch { codes.value.append(error.code) }
            do throws(ScuttleError) { _ = try replica.savedCursor } catch { codes.value.append(error.code) }
        }
        let replica = try Replica("a", configuration)
        try replica.set("k", to: "1")
        #expect(codes.value == [.busy, .busy])
    }
}
