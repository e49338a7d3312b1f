import Testing

@testable import ScuttleTesting

/// A folder of Tests/Conformance/Vectors/messages: the input, and the expected outcome. Its README describes the files.
struct Vector: Sendable, CustomTestStringConvertible {
    let name: String
    let isValid: Bool
    let input: [UInt8]
    /// The name of the code that the write returns, such as SCUTTLE_E_VERSION.
    let code: String
    /// A line for each key that holds a value.
    let entries: [String]
    let output: [UInt8]?

    static let all: [Vector] = ["valid", "invalid"].flatMap { kind in
        let folder = "Tests/Conformance/Vectors/messages/\(kind)"
        return Repository.folders(in: folder).map { Vector("\(folder)/\($0)", isValid: kind == "valid") }
    }

    private init(_ path: String, isValid: Bool) {
        name = path
        self.isValid = isValid
        input = Repository.bytes(of: "\(path)/input") ?? []
        let lines = (Repository.bytes(of: "\(path)/expect") ?? []).lines.map { $0.text }
        code = lines.first ?? ""
        entries = Array(lines.dropFirst().dropLast())
        output = Repository.bytes(of: "\(path)/output")
    }

    var testDescription: String {
        name.split(separator: "/").suffix(2).joined(separator: "/")
    }
}
