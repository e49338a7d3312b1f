import CJansson
import ScuttleCore

/// Decodes lines of any form into messages: jansson judges the text, and the judge checks the fields.
package struct JanssonJudge: MessageJudge, ~Copyable {
    package let limits: Limits
    private var value = ValueText()
    private var keyText = ByteBuffer()

    package init(limits: Limits) {
        self.limits = limits
    }

    /// The nesting of messages of the extended dialect, whatever `max_depth` is.
    private static var maxMessageDepth: Int { 4 }

    /// Reads one line and passes the message to `take`. Tests compare it with the fast path.
    /// - Throws: the errors of `take`; `.depth`, `.bytes`, jansson's errors (`.json`, `.duplicate`, `.number`, `.utf8`,
    ///   `.nul`), and `.message`, `.version`, `.valueSize` for fields that are missing, malformed or too large.
    package mutating func judge(_ line: Bytes, _ take: (Message) throws(Failure) -> Void) throws(Failure) {
        guard line.contains(where: { !$0.isJSONWhiteSpace }) else { return try take(.nothing) }
        let shape = JSONShape(of: line)
        // If jansson can read it, a value that is too deep for this host is refused by its dot.
        try shape.check(maxDepth: Limits.maxDepth + 1, within: limits.bytes)
        let document = try JSONDocument(parsing: line)
        guard document.root.type == JSON_OBJECT else { throw Failure(.message, "the message is not a JSON object") }
        let fields = MessageFields(document)
        defer { value.clear() }
        if fields.isDigest {
            try shape.check(maxDepth: max(limits.depth + 1, Self.maxMessageDepth))
            return try take(decodeDigest(fields))
        }
        let update = try decodeUpdate(fields, line, hasWhiteSpace: shape.hasWhiteSpace)
        guard shape.depth <= limits.depth + 1 else {
            // The rest of the line may not be deeper than a message.
            guard JSONShape(of: update.value).depth + 1 == shape.depth else {
                return try shape.check(maxDepth: limits.depth + 1)
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
            guard fields.hasOthers else { throw Failure(.message, "a digest has neither source_id nor done") }
            return try ExtendedDecoder.decode(fields.root) ?? .nothing
        }
        // Peers of the classic dialect send `id`, its documentation says `source_id`.
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
        // JavaScript leaves out a value that is undefined.
        var text = Bytes("null")
        if let index = fields.valueIndex {
            if isDelete, !fields.valueIsNull { throw Failure(.message, "the value of a delete is not null") }
            text = MemberLocator.value(ofMember: index, in: line)
            if hasWhiteSpace { text = try value.compact(text) }
        }
        return IncomingUpdate(
            key: key, value: text, source: source, version: version,
            kind: !isDelete ? .value : isExpiry ? .expiry : .delete, written: written,
            timeToLive: try fields.time(fields.timeToLive, ifMissing: .max),
            age: try fields.time(fields.age, ifMissing: 0), ageAt: fields.ageAt?.integer ?? 0)
    }

    /// Returns the text of a key. Numbers, true, false and null, which JavaScript peers may send, become the text that
    /// JavaScript makes of them.
    private mutating func key(of fields: MessageFields, _ line: Bytes) throws(Failure) -> Bytes {
        guard let key = fields.key, let index = fields.keyIndex, key.type.rawValue > JSON_STRING.rawValue else {
            return try fields.text(fields.key, "key")
        }
        guard let number = key.wholeNumber else { return MemberLocator.value(ofMember: index, in: line) }
        keyText.clear()
        if number < 0 { keyText.append(Bytes("-")) }
        keyText.put(number.magnitude)
        return keyText.bytes
    }
}

extension LinkInput {
    /// Applies bytes of the peer, as `receive(_:on:by:)`, with jansson as the judge.
    /// - Throws: the error of the first bad message.
    @_optimize(speed)
    public mutating func receive(_ bytes: Bytes, on link: Link) throws(Failure) {
        var judge = JanssonJudge(limits: link.limits)
        try receive(bytes, on: link, by: &judge)
    }

    /// Loads a save into a new replica, as `load(_:into:by:)`, with jansson as the judge.
    /// - Throws: the error of the first bad line that is not the last, or of the whole; the replica is then of no further use.
    public mutating func load(_ bytes: Bytes, into replica: Replica) throws(Failure) -> Bool {
        var judge = JanssonJudge(limits: replica.limits)
        return try load(bytes, into: replica, by: &judge)
    }
}
