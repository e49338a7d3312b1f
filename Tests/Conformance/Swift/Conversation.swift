import Foundation
import Testing

@testable import ScuttleTesting

/// A folder of Tests/Conformance/Vectors/conversations: the calls of a peer and a host on a replica, and their results. The
/// README of the vectors describes the format.
struct Conversation: Sendable, CustomTestStringConvertible {
    struct Step: Sendable {
        /// `<`, `>`, `|`, `=`, or a word.
        let kind: String
        /// The lines of the step, without their prefix.
        var lines: [[UInt8]]
        /// The number of its first line.
        let number: Int
        /// The name of the code that the step returns.
        var code = "SCUTTLE_OK"

        /// Each line with its newline; a single empty line stands for no bytes.
        var text: [UInt8] {
            lines == [[]] ? [] : lines.flatMap { $0 + [0x0a] }
        }

        /// Returns the first line, split at blanks into at most this many words.
        func words(_ most: Int = .max) -> [String] {
            lines[0].text.split(separator: " ", maxSplits: most - 1).map { String($0) }
        }
    }

    static let root = "Tests/Conformance/Vectors/conversations"

    /// The files of all folders.
    static let files: [String] = {
        let root = Repository.root.appendingPathComponent(Conversation.root)
        let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return paths.sorted()
    }()

    static let all = files.filter { $0.hasSuffix("/conversation") }.map { Conversation($0) }

    let name: String
    let steps: [Step]

    private init(_ path: String) {
        name = String(path.dropLast("/conversation".count))
        let lines = (Repository.bytes(of: "\(Conversation.root)/\(path)") ?? []).lines
        var steps: [Step] = []
        var joins = false
        for (index, line) in lines.enumerated() {
            let kind = [UInt8](line.prefix { $0 != 0x20 }).text
            let rest = [UInt8](line.dropFirst(kind.utf8.count + 1))
            if kind == "!" {
                steps[steps.count - 1].code = rest.text
            } else if joins, kind == steps.last?.kind {
                steps[steps.count - 1].lines.append(rest)
            } else if !["", "#", "--"].contains(kind) {
                steps.append(Step(kind: kind, lines: [rest], number: index + 1))
            }
            joins = ["<", ">", "|", "="].contains(kind)
        }
        self.steps = steps
    }

    var testDescription: String { name }
}
