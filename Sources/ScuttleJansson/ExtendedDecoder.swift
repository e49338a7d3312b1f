import CJansson
import ScuttleCore

/// Decodes the messages of the extended dialect, and the lines of an export: each is an object with one member.
enum ExtendedDecoder {
    typealias Value = UnsafeMutablePointer<json_t>

    /// Decodes a message; nil if no member is known.
    /// - Throws: `.message` for a field that is missing or of the wrong type, `.version` for a number out of range.
    static func decode(_ root: Value) throws(Failure) -> Message? {
        if let body = root["hello"] { return .hello(try hello(body)) }
        if let body = root["request"] {
            return .request(try request(body))
        }
        if let body = root["vector"] { return .vector(try vector(body)) }
        if let body = root["delta"] { return .delta(try delta(body)) }
        if let body = root["cover"] {
            guard let check = try check(root["lines"]) else { throw Failure(.message, "lines of a cover is missing") }
            return .cover(Cover(claims: try cover(body), check: check))
        }
        if let body = root["commit"] { return .commit(try commit(body)) }
        if let body = root["mark"] {
            guard let check = try check(body["lines"]) else { throw Failure(.message, "lines of a mark is missing") }
            return .mark(ProgressMark(sequence: try number(body["sequence"], "sequence"), check: check))
        }
        if let body = root["forgot"] {
            let purged = PurgedKeys(
                since: try number(body["since"], "since"), epoch: try number(body["epoch"], "epoch"),
                keys: try texts(body["keys"], "keys"), isLast: try flag(body["last"], "last"))
            guard purged.since <= purged.epoch else {
                throw Failure(.message, "since is \(purged.since), above epoch \(purged.epoch)")
            }
            return .forgot(purged)
        }
        if let body = root["reject"] { return .reject(try text(body["reason"], "reason")) }
        if let body = root["echo"] { return .echo(try number(body, "echo")) }
        if let body = root["challenge"] { return .challenge(try number(body, "challenge")) }
        if let body = root["twin"] { return try flag(body, "twin") ? .twin : .nothing }
        if let body = root["refused"] { return .refused(try exceptions(body), isAnew: try flag(root["anew"], "anew")) }
        if let body = root["export"] { return .export(try export(body)) }
        if let progress = try progress(root["got"]) {
            let named = try root["named"].map { (value) throws(Failure) in try numbers(value, 0...(.max), "named") }
            return .got(SavedProgress(progress, named: named ?? []))
        }
        if let body = root["removed"] { return .removed(try text(body, "removed")) }
        if let body = root["end"] { return .end(try number(body, "end")) }
        return nil
    }

    private static func export(_ body: Value) throws(Failure) -> ExportHead {
        var head = ExportHead(
            source: try text(body["source"], "source"), lamport: try version(body["lamport"], "lamport"),
            incarnation: try number(body["incarnation"], "incarnation"),
            hasMetClassic: try flag(body["classic"], "classic"),
            now: try body["now"].map { (value) throws(Failure) in try number(value, "now") })
        guard let cursor = try cursor(body["piece"], "piece") else { return head }
        head.piece = PieceHead(
            cursor: cursor, follows: try self.cursor(body["follows"], "follows"),
            hasExceptions: try flag(body["exceptions"], "exceptions"))
        return head
    }

    private static func cursor(_ value: Value?, _ name: StaticString) throws(Failure) -> Cursor? {
        guard let value else { return nil }
        let numbers = try numbers(value, 2...2, name)
        return Cursor(incarnation: numbers[0], position: numbers[1])
    }

    private static func hello(_ body: Value) throws(Failure) -> Hello {
        let versions = try numbers(body["protocol"], 2...2, "protocol")
        guard versions[0] <= versions[1], versions[1] <= UInt64(UInt32.max) else {
            throw Failure(.message, "protocol is not a range of versions")
        }
        var hello = Hello(
            protocolVersions: UInt32(versions[0])...UInt32(versions[1]), source: try text(body["source"], "source"),
            incarnation: try number(body["incarnation"], "incarnation"),
            cluster: try text(body["cluster"], "cluster"), lamport: try version(body["lamport"], "lamport"),
            epoch: try number(body["epoch"], "epoch"), revision: try number(body["revision"], "revision"),
            hash: try hexadecimal(body["hash"], "hash", digits: 16).low,
            contents: try body["contents"].map { (value) throws(Failure) in
                try hexadecimal(value, "contents", digits: 32)
            },
            nonce: try number(body["nonce"], "nonce"),
            progress: try progress(body["got"]), isReply: try flag(body["reply"], "reply"))
        hello.token = try optional(body["token"], "token")
        return hello
    }

    private static func request(_ body: Value) throws(Failure) -> VectorRequest {
        VectorRequest(
            revision: try number(body["revision"], "revision"), from: try count(body["from"], "from"),
            retired: try sum(body["retired"], "retired") ?? RetiredSum())
    }

    private static func sum(_ given: Value?, _ name: StaticString) throws(Failure) -> RetiredSum? {
        guard let given else { return nil }
        guard given.type == JSON_ARRAY, json_array_size(given) == 2 else {
            throw Failure(.message, "\(name) is not a count and a sum")
        }
        return RetiredSum(
            count: try number(json_array_get(given, 0), name),
            sum: try hexadecimal(json_array_get(given, 1), "the sum of retired", digits: 16).low)
    }

    /// Decodes `{"ada":[7,0,12,"00000000000000ab"]}`.
    private static func names(_ value: Value?) throws(Failure) -> [NameClaim] {
        guard let value else { return [] }
        var claims: [NameClaim] = []
        for member in try members(value, "names") {
            guard member.value.type == JSON_ARRAY, json_array_size(member.value) == 4 else {
                throw Failure(.message, "the claim of a name is not an array of 4 numbers")
            }
            let state = try number(json_array_get(member.value, 1), "the state of a retirement")
            guard state < 4 else { throw Failure(.message, "the state of a retirement is \(state); the limit is 3") }
            claims.append(
                NameClaim(
                    name: member.name, number: try version(json_array_get(member.value, 0), "a retirement"),
                    state: RetirementState(rawValue: UInt8(state)),
                    sequence: try number(json_array_get(member.value, 2), "a statement"),
                    hash: try hexadecimal(json_array_get(member.value, 3), "a statement", digits: 16).low))
        }
        return claims
    }

    private static func retired(_ value: Value?) throws(Failure) -> [RetiredClaim] {
        guard let value else { return [] }
        guard let claims = RetiredClaim.read(try text(value, "retired")) else {
            throw Failure(.message, "retired is not a list of hashes and versions")
        }
        return claims
    }

    private static func vector(_ body: Value) throws(Failure) -> VectorPart {
        var part = VectorPart(
            incarnation: try number(body["incarnation"], "incarnation"), epoch: try number(body["epoch"], "epoch"),
            nonce: try number(body["nonce"], "nonce"), since: try number(body["since"], "since"),
            until: try number(body["until"], "until"), from: try count(body["from"], "from"),
            to: try count(body["to"], "to"), isLast: try flag(body["last"], "last"),
            lamport: try version(body["lamport"], "lamport"), wantsContents: try flag(body["contents"], "contents"),
            progress: try progress(body["got"]), claims: try claims(body["sources"]))
        part.names = try names(body["names"])
        part.retired = try retired(body["retired"])
        part.took = try optional(body["took"], "took")
        part.sameRetired = try sum(body["same"], "same")
        if let floor = body["dropped"] { part.retiredFloor = try version(floor, "dropped") }
        return part
    }

    private static func delta(_ body: Value) throws(Failure) -> DeltaHead {
        let mode = try mode(body["mode"])
        let request = try numbers(body["request"], 3...3, "request")
        var head = DeltaHead(mode: mode, incarnation: request[0], epoch: request[1], nonce: request[2])
        head.window = try optional(body["window"], "window")
        guard mode.endsWithCommit else { return head }
        head.kind = try number(body["epoch"], "epoch")
        head.check = try check(body["lines"])
        let span = try numbers(body["span"], head.check == nil ? 2...2 : 3...4, "span")
        head.span = (span[0], span[1], head.check == nil ? span[1] : span[2])
        if span.count == 4 { head.withheld = span[3] }
        return head
    }

    private static func mode(_ value: Value?) throws(Failure) -> DeltaMode {
        let name = try text(value, "mode")
        guard let mode = DeltaMode.allCases.first(where: { name.equals(Bytes($0.name)) }) else {
            throw Failure(.message, "mode is not log, state, reset, early or contents")
        }
        return mode
    }

    /// Decodes `{"incarnation":7,"mode":"state","epoch":0,"sequence":12,"ranges":[3,1,2,5],"item":2,"window":1}`. A range is a
    /// gap and a length.
    private static func progress(_ body: Value?) throws(Failure) -> Progress? {
        guard let body else { return nil }
        var progress = Progress(
            incarnation: try number(body["incarnation"], "incarnation"), mode: try mode(body["mode"]),
            epoch: try number(body["epoch"], "epoch"), sequence: try number(body["sequence"], "sequence"),
            item: try body["item"].map { (value) throws(Failure) in try count(value, "item") } ?? 0,
            window: try optional(body["window"], "window"))
        guard let given = body["ranges"] else { return progress }
        var end = progress.sequence
        let numbers = try numbers(given, 0...2 * Progress.maxRanges, "ranges")
        guard numbers.count % 2 == 0 else { throw Failure(.message, "ranges are not pairs of numbers") }
        for index in stride(from: 0, to: numbers.count, by: 2) {
            let from = end &+ numbers[index]
            let until = from &+ numbers[index + 1]
            guard end < from, from < until, until <= UInt64(Int64.max) else {
                throw Failure(.message, "ranges do not ascend")
            }
            progress.ranges.append(SequenceRange(from: from, until: until))
            end = until
        }
        return progress
    }

    /// Decodes `[3,"a1b2c3d4"]`, the count of updates and a hash over their lines; nil if it is missing.
    private static func check(_ value: Value?) throws(Failure) -> LineCheck? {
        guard let value else { return nil }
        guard value.type == JSON_ARRAY, json_array_size(value) == 2 else {
            throw Failure(.message, "lines is not a count and a hash")
        }
        let count = try number(json_array_get(value, 0), "lines")
        let hash = try hexadecimal(json_array_get(value, 1), "the hash of lines", digits: 8).low
        return LineCheck(count: count, hash: UInt32(truncatingIfNeeded: hash))
    }

    private static func cover(_ body: Value) throws(Failure) -> [SourceClaim] {
        var claims: [SourceClaim] = []
        for member in try members(body, "cover") {
            let ends = try numbers(member.value, 2...3, "an interval")
            let leftOut = ends.count > 2 ? ends[2] : 0
            guard ends[0] <= ends[1], ends[1] <= Version.highest, leftOut <= ends[1] else {
                throw Failure(.version, "an interval does not ascend, or ends above 2^53-1")
            }
            claims.append(SourceClaim(source: member.name, since: ends[0], covered: ends[1], leftOut: leftOut))
        }
        return claims
    }

    private static func commit(_ body: Value) throws(Failure) -> CommitPart {
        var part = CommitPart(
            sequence: try number(body["sequence"], "sequence"), from: try count(body["from"], "from"),
            to: try count(body["to"], "to"),
            isLast: try flag(body["last"], "last"), check: try check(body["lines"]),
            claims: try commitClaims(body["sources"]))
        part.retired = try retired(body["retired"])
        if let excepted = body["excepted"] { part.excepted = try exceptions(excepted) }
        return part
    }

    /// Decodes `[["A",7,22],["A",9,0]]`.
    private static func exceptions(_ body: Value) throws(Failure) -> [ExceptionClaim] {
        guard body.type == JSON_ARRAY else { throw Failure(.message, "exceptions are not an array") }
        var claims: [ExceptionClaim] = []
        for index in 0..<json_array_size(body) {
            guard let item = json_array_get(body, index), item.type == JSON_ARRAY, json_array_size(item) == 3 else {
                throw Failure(.message, "an exception is not a source and two numbers")
            }
            let source = try text(json_array_get(item, 0), "the source of an exception")
            let version = try version(json_array_get(item, 1), "an exception")
            let reason = try number(json_array_get(item, 2), "the reason of an exception")
            guard version > 0 else { throw Failure(.version, "the version of an exception is 0; the lowest is 1") }
            guard reason <= 255 else {
                throw Failure(.message, "the reason of an exception is \(reason); the limit is 255")
            }
            claims.append(
                ExceptionClaim(source: source, version: version, reason: UInt8(truncatingIfNeeded: reason)))
        }
        return claims
    }

    // MARK: Fields

    /// Decodes `"A":[2,5]`, or `"A":[0,5,3]` with a GC version.
    private static func commitClaims(_ value: Value?) throws(Failure) -> [SourceClaim] {
        var claims: [SourceClaim] = []
        for member in try members(value, "sources") {
            let parts = try numbers(member.value, 2...3, "a commit's entry")
            let purged = parts.count > 2 ? parts[2] : 0
            guard parts[0] <= parts[1], parts[1] <= Version.highest, purged <= parts[1] else {
                throw Failure(.version, "an interval of a commit does not ascend, or ends above 2^53-1")
            }
            claims.append(SourceClaim(source: member.name, since: parts[0], covered: parts[1], purged: purged))
        }
        return claims
    }

    /// Decodes the claims of sources: `"A":5`, or `"A":[5,3]` with a GC version.
    private static func claims(_ value: Value?) throws(Failure) -> [SourceClaim] {
        var claims: [SourceClaim] = []
        for member in try members(value, "sources") {
            if member.value.type == JSON_INTEGER {
                let covered = try version(member.value, "a vector entry")
                claims.append(SourceClaim(source: member.name, covered: covered))
            } else {
                let pair = try numbers(member.value, 2...2, "a vector entry")
                guard pair[0] <= Version.highest, pair[1] <= pair[0] else {
                    throw Failure(.version, "a vector entry is above 2^53-1, or below its GC version")
                }
                claims.append(SourceClaim(source: member.name, covered: pair[0], purged: pair[1]))
            }
        }
        return claims
    }

    private static func members(_ value: Value?, _ name: StaticString) throws(Failure) -> [(name: Bytes, value: Value)]
    {
        guard let value, value.type == JSON_OBJECT else { throw Failure(.message, "\(name) is not an object") }
        var members: [(name: Bytes, value: Value)] = []
        value.visitMembers { members.append(($0, $1)) }
        return members
    }

    private static func numbers(
        _ value: Value?, _ counts: ClosedRange<Int>, _ name: StaticString
    ) throws(Failure) -> [UInt64] {
        guard let value, value.type == JSON_ARRAY, counts.contains(json_array_size(value)) else {
            throw Failure(.message, "\(name) is not an array of \(counts.lowerBound) numbers")
        }
        var numbers: [UInt64] = []
        for index in 0..<json_array_size(value) {
            numbers.append(try number(json_array_get(value, index), name))
        }
        return numbers
    }

    private static func number(_ value: Value?, _ name: StaticString) throws(Failure) -> UInt64 {
        guard let number = value?.integer, number >= 0 else {
            throw Failure(.message, "\(name) is not an integer of at least 0")
        }
        return UInt64(number)
    }

    /// Decodes a number; 0 if it is missing.
    private static func optional(_ value: Value?, _ name: StaticString) throws(Failure) -> UInt64 {
        guard let value else { return 0 }
        return try number(value, name)
    }

    private static func texts(_ value: Value?, _ name: StaticString) throws(Failure) -> [Bytes] {
        guard let value, value.type == JSON_ARRAY else { throw Failure(.message, "\(name) is not an array") }
        var texts: [Bytes] = []
        for index in 0..<json_array_size(value) { texts.append(try text(json_array_get(value, index), name)) }
        return texts
    }

    private static func version(_ value: Value?, _ name: StaticString) throws(Failure) -> Version {
        let number = try number(value, name)
        guard number <= .highest else { throw Failure(.version, "\(name) is above 2^53-1") }
        return number
    }

    /// Decodes a count of sources, or an index among them, below 2^32.
    private static func count(_ value: Value?, _ name: StaticString) throws(Failure) -> Int {
        let number = try number(value, name)
        guard number <= UInt64(UInt32.max) else { throw Failure(.message, "\(name) is \(number); the limit is 2^32-1") }
        return Int(truncatingIfNeeded: number)
    }

    private static func flag(_ value: Value?, _ name: StaticString) throws(Failure) -> Bool {
        guard let value else { return false }
        guard let flag = value.bool else { throw Failure(.message, "\(name) is not true or false") }
        return flag
    }

    private static func text(_ value: Value?, _ name: StaticString) throws(Failure) -> Bytes {
        guard let text = value?.string else { throw Failure(.message, "\(name) is not a string") }
        return text
    }

    /// Decodes a number of 8, 16 or 32 hexadecimal digits in lower case.
    private static func hexadecimal(
        _ value: Value?, _ name: StaticString, digits: Int
    ) throws(Failure) -> ContentHash {
        let text = try text(value, name)
        var (high, low): (UInt64, UInt64) = (0, 0)
        var count = 0
        for byte in text {
            let digit: UInt64
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt64(byte - 87)
            default: throw Failure(.message, "\(name) is not \(digits) hexadecimal digits")
            }
            (high, low) = (high << 4 | low >> 60, low << 4 | digit)
            count += 1
        }
        guard count == digits else { throw Failure(.message, "\(name) is not \(digits) hexadecimal digits") }
        return ContentHash(low: low, high: high)
    }
}

extension UnsafeMutablePointer<json_t> {
    /// The member of an object with a name; nil if this is not an object or has no such member.
    fileprivate subscript(name: StaticString) -> UnsafeMutablePointer<json_t>? {
        json_object_get(self, UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
    }
}
