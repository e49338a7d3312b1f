import CJansson
import ScuttleCore

/// Turns lines into messages: jansson judges the text, this judges the fields. Updates and covers in the canonical form,
/// which are most of what comes, need no judge.
public struct MessageDecoder: ~Copyable {
    let limits: Limits
    private var value = ValueText()
    private var keyText = ByteBuffer()

    public init(limits: Limits) {
        self.limits = limits
    }

    /// Decodes one line and hands the message on.
    /// - Throws: what `take` throws; `.depth`, `.bytes`, what jansson finds (`.json`, `.duplicate`, `.number`, `.utf8`, `.nul`), and
    ///   `.message`, `.version`, `.valueSize` for fields that are missing, odd or too large.
    @_optimize(speed)
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
        try shape.check(deepest: Limits.deepest + 1, within: limits.bytes)
        let document = try JSONDocument(parsing: line)
        guard document.root.type == JSON_OBJECT else { throw Failure(.message, "a message is a JSON object") }
        let fields = MessageFields(document)
        defer { value.clear() }
        if fields.isDigest {
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
        let isDone = fields.isDone
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
        let version = try fields.digestVersion()
        return .digest(source: source, version: version, isDone: isDone)
    }

    private mutating func decodeUpdate(
        _ fields: MessageFields, _ line: Bytes, hasWhiteSpace: Bool
    ) throws(Failure) -> IncomingUpdate {
        let key = try key(of: fields, line)
        var (source, version) = (
            try fields.text(fields.sourceID, "source_id"), try fields.number(fields.version, lowest: 1)
        )
        var written = try fields.pair(fields.written)
        if let dot = try fields.pair(fields.dot) {
            (written, source, version) = ((source, version), dot.source, dot.version)
        }
        let isDelete = try fields.flag(fields.deleted, "deleted")
        let isExpiry = try fields.flag(fields.expired, "expired")
        // A value that JavaScript calls undefined is not written.
        var text = Bytes("null")
        if let place = fields.valuePlace {
            if isDelete, !fields.valueIsNull { throw Failure(.message, "the value of a delete is null") }
            text = MemberLocator.value(ofMember: place, in: line)
            if hasWhiteSpace { text = try value.compact(text) }
        }
        return IncomingUpdate(
            key: key, value: text, source: source, version: version,
            kind: !isDelete ? .value : isExpiry ? .expiry : .delete, written: written,
            timeToLive: try fields.time(fields.timeToLive, ifMissing: .max),
            age: try fields.time(fields.age, ifMissing: 0), ageAt: fields.ageAt?.integer ?? 0)
    }

    /// A key is text. JavaScript peers may have numbers, true, false and null: they mean what JavaScript makes of them.
    private mutating func key(of fields: MessageFields, _ line: Bytes) throws(Failure) -> Bytes {
        guard let key = fields.key, let place = fields.keyPlace, key.type.rawValue > JSON_STRING.rawValue else {
            return try fields.text(fields.key, "key")
        }
        guard let number = key.wholeNumber else { return MemberLocator.value(ofMember: place, in: line) }
        keyText.clear()
        if number < 0 { keyText.append(Bytes("-")) }
        keyText.put(number.magnitude)
        return keyText.bytes
    }
}
