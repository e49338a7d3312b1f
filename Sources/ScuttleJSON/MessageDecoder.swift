import CJansson
import Scuttle

/// Turns lines into messages: jansson judges the text, this judges the fields. Updates and covers in the canonical form,
/// which are most of what comes, need no judge.
public struct MessageDecoder: ~Copyable {
    let limits: Limits
    private var value = ValueText()

    public init(limits: Limits) {
        self.limits = limits
    }

    /// Decodes one line and hands the message on.
    /// - Throws: what `take` throws; `.depth`, what jansson finds (`.json`, `.duplicate`, `.number`, `.utf8`, `.nul`), and
    ///   `.message`, `.version`, `.valueSize` for fields that are missing, odd or too large.
    public mutating func decode(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure) {
        if let update = CanonicalUpdate.read(line, limits) { return try take(.update(update)) }
        if let cover = CanonicalCover.read(line) { return try take(.cover(cover)) }
        try decodeByJansson(line, take)
    }

    /// How deep messages of the extended dialect nest, whatever values may.
    private static var deepestMessage: Int { 4 }

    /// The same for any line, whatever its form. What the direct path accepts is held against this by tests.
    package mutating func decodeByJansson(
        _ line: Bytes, _ take: (Message) throws(Failure) -> Void
    ) throws(Failure) {
        guard line.contains(where: { !$0.isJSONWhiteSpace }) else { return try take(.nothing) }
        let shape = JSONShape(of: line)
        // A value that is too deep for this host is refused by name, if jansson can read it.
        try shape.check(deepest: Limits.deepest + 1)
        let document = try JSONDocument(parsing: line)
        guard document.root.type == JSON_OBJECT else { throw Failure(.message, "a message is a JSON object") }
        let fields = MessageFields(document.root)
        defer { value.clear() }
        if try fields.flag(fields.digest, "digest") {
            try shape.check(deepest: max(limits.depth + 1, Self.deepestMessage))
            return try take(decodeDigest(fields))
        }
        let update = try decodeUpdate(fields, line, hasWhiteSpace: shape.hasWhiteSpace)
        guard shape.depth <= limits.depth + 1 else {
            // What else is in the line may not be deeper than a message.
            guard JSONShape(of: update.value).depth + 1 == shape.depth else {
                return try shape.check(deepest: limits.depth + 1)
            }
            return try take(.refusedUpdate(update, .depth))
        }
        guard update.value.count <= limits.valueBytes else { return try take(.refusedUpdate(update, .valueSize)) }
        try take(.update(update))
    }

    private func decodeDigest(_ fields: MessageFields) throws(Failure) -> Message {
        let isDone = try fields.flag(fields.done, "done")
        guard fields.sourceID != nil || fields.id != nil || fields.version != nil else {
            if isDone { return .done }
            guard fields.hasOthers else { throw Failure(.message, "a digest names a source_id, or is done") }
            return try ExtendedDecoder.decode(fields.root) ?? .nothing
        }
        // Peers of the field's first dialect say `id`, its documentation says `source_id`.
        let source = try fields.text(fields.sourceID ?? fields.id, "source_id")
        if fields.sourceID != nil, let id = fields.id {
            let same = try fields.text(id, "id")
            guard same.equals(source) else { throw Failure(.message, "id and source_id of a digest differ") }
        }
        let version = try fields.number(fields.version, lowest: 0)
        return .digest(source: source, version: version, isDone: isDone)
    }

    private mutating func decodeUpdate(
        _ fields: MessageFields, _ line: Bytes, hasWhiteSpace: Bool
    ) throws(Failure) -> IncomingUpdate {
        let key = try fields.text(fields.key, "key")
        guard let place = fields.valuePlace else { throw Failure(.message, "an update without its value") }
        let source = try fields.text(fields.sourceID, "source_id")
        let version = try fields.number(fields.version, lowest: 1)
        let isDelete = try fields.flag(fields.deleted, "deleted")
        let isExpiry = try fields.flag(fields.expired, "expired")
        if isDelete, !fields.valueIsNull { throw Failure(.message, "the value of a delete is null") }
        var text = MemberLocator.value(ofMember: place, in: line)
        if hasWhiteSpace { text = value.compact(text) }
        return IncomingUpdate(
            key: key, value: text, source: source, version: version,
            kind: !isDelete ? .value : isExpiry ? .expiry : .delete, written: try fields.writtenBy(),
            timeToLive: try fields.time(fields.timeToLive, ifMissing: .max),
            age: try fields.time(fields.age, ifMissing: 0))
    }
}
