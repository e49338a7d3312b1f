import Scuttle
import Testing

/// A value that closures of a replica write and a test reads.
final class Box<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) {
        self.value = value
    }
}

/// Two replicas with a link to each other.
struct Pair {
    let here: Replica
    let there: Replica
    let toThere: Link
    let toHere: Link

    init(
        _ here: Configuration = Configuration(), _ there: Configuration = Configuration(), _ options: Link.Options = [],
        _ backOptions: Link.Options? = nil
    ) throws {
        self.here = try Replica("here", here)
        self.there = try Replica("there", there)
        toThere = try self.here.openLink(options)
        toHere = try self.there.openLink(backOptions ?? options)
    }

    /// Gossips, and carries bytes until both have nothing to send. Returns the errors of writes.
    @discardableResult
    func settle(gossips: Bool = true) throws -> [ScuttleError.Code] {
        if gossips {
            try here.gossip()
            try there.gossip()
        }
        var codes: [ScuttleError.Code] = []
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for (from, to) in [(toThere, toHere), (toHere, toThere)] {
                let bytes = try from.read()
                guard !bytes.isEmpty else { continue }
                isQuiet = false
                do throws(ScuttleError) { try to.write(bytes) } catch { codes.append(error.code) }
            }
        }
        return codes
    }
}

/// Expects a call to throw an error of this code.
func expect(
    _ code: ScuttleError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> some Any
) {
    do {
        _ = try body()
        Issue.record("no error; \(code) was expected", sourceLocation: sourceLocation)
    } catch let error as ScuttleError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        #expect(!error.message.isEmpty, sourceLocation: sourceLocation)
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
}
