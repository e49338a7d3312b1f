import ScuttleJansson
import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

/// Plays the vectors of Tests/Conformance/Vectors/conversations as their README describes.
@Suite("Conversations")
struct ConversationTests {
    @Test("In whole writes", arguments: Conversation.all)
    func whole(conversation: Conversation) throws {
        try play(conversation, inPiecesOf: .max)
    }

    @Test("Byte by byte, with the same results", arguments: Conversation.all)
    func cut(conversation: Conversation) throws {
        try play(conversation, inPiecesOf: 1)
    }

    @Test("A folder has only folders in it, or only a conversation")
    func present() {
        #expect(Conversation.all.count > 100)
        let played = Set(Conversation.all.map(\.name))
        for file in Conversation.files where !file.hasSuffix("/conversation") {
            #expect(played.contains { $0 == file || $0.hasPrefix(file + "/") }, "\(file)")
        }
        for name in played {
            #expect(!played.contains { $0.hasPrefix(name + "/") }, "\(name) has more in it than its conversation")
        }
    }

    private func play(_ conversation: Conversation, inPiecesOf piece: Int) throws {
        let stage = Stage(piece: piece)
        for step in conversation.steps {
            let before = stage.replica.map { Snapshot($0) }
            let code = try stage.play(step)
            #expect(code == step.code, "line \(step.number)")
            if code.hasPrefix("SCUTTLE_E_"), step.lines.count == 1, code != "SCUTTLE_E_SOURCES" {
                #expect(stage.replica.map { Snapshot($0) } == before, "line \(step.number) has changed something")
            }
            if let broken = stage.replica?.broken { Issue.record("after line \(step.number): \(broken)") }
        }
        try stage.expectSilence()
        #expect(conversation.steps.contains { $0.kind == "=" })
        #expect(stage.shown == nil)
        let isRefused = conversation.steps.contains { $0.code.hasPrefix("SCUTTLE_E_") }
        #expect(conversation.name.hasPrefix(isRefused ? "invalid/" : "valid/"))
    }
}

/// A replica with its links, and the latest output to compare.
private final class Stage {
    private(set) var replica: Replica!
    private var end: LinkEnd?
    private var other: LinkEnd?
    private let told = Collected<String>()
    private(set) var shown: [String]?
    private let piece: Int
    private var capacity = 0

    init(piece: Int) {
        self.piece = piece
    }

    /// Plays a step, and returns the name of its code.
    func play(_ step: Conversation.Step) throws -> String {
        let words = step.words()
        switch step.kind {
        case "<": return try hear(step.text)
        case ">": return try say(step.text)
        case "|": return load([UInt8](step.text.dropLast()))
        case "=": expect(step.text)
        case "purge": _ = try replica.purge()
        case "forget": return words[0].lend { replica.retireName($0) } ? "SCUTTLE_OK" : "SCUTTLE_NOT_FOUND"
        case "replica": try make(words[0], options: words.dropFirst())
        case "link":
            end?.close()
            try open(words)
        case "beside":
            other = end
            try open(words)
        case "swap": swap(&end, &other)
        case "events":
            shown = told.all
            told.all = []
        case "entries": shown = replica.walk().map(\.line)
        case "export": shown = replica.exported().lines.dropLast().map(\.text)
        case "clock":
            var lines: [String] = []
            replica.visitVector { source, version in
                lines.append("\(source.text) \(version)")
                return true
            }
            shown = lines
        default: return try host(step)
        }
        return "SCUTTLE_OK"
    }

    private func host(_ step: Conversation.Step) throws -> String {
        let words = step.words()
        let code = failure { () throws(Failure) in
            switch step.kind {
            case "set": try replica.set(words[0], step.words(2)[1])
            case "set_ttl":
                try words[0].lend { (key) throws(Failure) in
                    try step.words(3)[2].lend { (value) throws(Failure) in
                        try replica.set(key, to: value, for: UInt64(words[1]) ?? 0)
                    }
                }
            case "delete": try replica.delete(words[0])
            case "tick": try replica.tick(UInt64(words[0]) ?? 0)
            case "gossip": replica.gossip()
            default: Issue.record("line \(step.number): no such step: \(step.kind)")
            }
        }
        return name(of: code, isFull: replica.isFull)
    }

    private func name(of code: Failure.Code?, isFull: Bool) -> String {
        code.map { codeNames[$0] ?? "?" } ?? (isFull ? "SCUTTLE_FULL" : "SCUTTLE_OK")
    }

    /// Writes text to the link. Returns the name of the first failure, or of the last write's code.
    private func hear(_ text: [UInt8]) throws -> String {
        let end = try #require(end)
        var first: Failure.Code?
        var rest = text[...]
        while !rest.isEmpty {
            let part = rest.prefix(capacity > 0 ? .max : piece)
            let code = end.write([UInt8](part))
            first = first ?? code
            rest = rest.dropFirst(part.count)
        }
        return name(of: first, isFull: end.link.isFull)
    }

    /// Returns all output of a stream, or one datagram.
    private func say(_ expected: [UInt8]) throws -> String {
        let end = try #require(end)
        end.forget()
        let said = capacity > 0 ? end.read(upTo: capacity) : end.readAll(capacity: min(piece, 4096))
        #expect(said.text == expected.text)
        return name(of: end.told?.code, isFull: false)
    }

    private func expect(_ text: [UInt8]) {
        #expect(shown == text.lines.dropLast().map(\.text))
        shown = nil
    }

    /// Imports a save, as scuttle_import does, which changes nothing if it fails.
    private func load(_ text: [UInt8]) -> String {
        guard replica.isNew else { return "SCUTTLE_E_ARGUMENT" }
        let loaded = replica.another()
        var isWhole = false
        let code = failure { () throws(Failure) in isWhole = try loaded.load(text) }
        if code == nil { replica = loaded }
        return code == nil && !isWhole ? "SCUTTLE_TORN" : name(of: code, isFull: false)
    }

    /// Creates a replica with incarnation 7, because its own would depend on the save that it starts from.
    private func make(_ id: String, options: ArraySlice<String>) throws {
        replica = try Replica.make(id) { [told] configuration in
            configuration.onEvent = { told.all.append(Self.words($1, $2)) }
            for option in options { Self.apply(option, to: &configuration) }
        }
        let export =
            #"{"digest":true,"export":{"source":\#(quote([UInt8](id))),"lamport":0,"incarnation":817084509757786}}"#
        try #expect(replica.load([UInt8](export + "\n{\"digest\":true,\"end\":1}\n")))
    }

    /// Returns an event as `in_step`, or `diverged SCUTTLE_E_CORRUPT`.
    private static func words(_ event: Event, _ code: Int32) -> String {
        let name = event == .inStep ? "in_step" : "\(event)"
        return name + (Failure.Code(rawValue: code).flatMap { codeNames[$0] }.map { " \($0)" } ?? "")
    }

    /// Expects that no link has anything to read.
    func expectSilence() throws {
        for _ in 0..<2 {
            if end != nil { try #expect(play(.init(kind: ">", lines: [[]], number: 0)) == "SCUTTLE_OK") }
            swap(&end, &other)
        }
    }

    private static func apply(_ option: String, to configuration: inout Configuration) {
        let parts = option.split(separator: "=")
        let value = parts.count > 1 ? String(parts[1]) : ""
        let number = Int(value) ?? 0
        switch parts[0] {
        case "keep_tombstones": configuration.keepsTombstones = true
        case "cluster": configuration.cluster = [UInt8](value)
        case "mtu": configuration.mtu = number
        case "max_history": configuration.maxHistory = number
        case "max_tombstones": configuration.maxTombstones = number
        case "max_message_bytes": configuration.limits.messageBytes = number
        case "max_key_bytes": configuration.limits.keyBytes = number
        case "max_value_bytes": configuration.limits.valueBytes = number
        case "max_depth": configuration.limits.depth = number
        case "max_sources": configuration.limits.sources = number
        case "max_version_jump": configuration.limits.versionJump = UInt64(number)
        default: Issue.record("no such option: \(option)")
        }
    }

    private func open(_ words: [String]) throws {
        var options: Link.Options = []
        var isStrict = false
        capacity = 0
        for word in words {
            switch word {
            case "live": options.insert(.live)
            case "read_only": options.insert(.readOnly)
            case "classic": options.insert(.classic)
            case "history": options.insert(.history)
            case "extended": isStrict = true
            case _ where word.hasPrefix("datagram="):
                options.insert(.datagram)
                capacity = Int(word.dropFirst("datagram=".count)) ?? 0
            default: Issue.record("no such option: \(word)")
            }
        }
        end = try LinkEnd(replica, options, isStrict: isStrict)
    }
}
