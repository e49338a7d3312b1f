/// The fast path for control messages, of which a round of few updates consists for the most part: reads those that this library
/// writes to a peer in step, or nearly. Members that only datagrams, retired sources and long absences need are left to the judge.
/// `ByteBuffer.putJSON` writes the forms.
package enum CanonicalControl {
    /// Returns the message of a canonical line, borrowed from it; nil: the judge decides. O(length).
    package static func read(_ line: Bytes) -> Message? {
        var form = CanonicalForm(line)
        guard form.read(#"{"digest":true,""#), let message = message(&form), form.isAtEnd else { return nil }
        return message
    }

    private static func message(_ form: inout CanonicalForm) -> Message? {
        if form.read(#"mark":{"sequence":#,"lines":[#,"&"]}}"#) {
            return .mark(ProgressMark(sequence: form[0], check: form.check(1)))
        }
        if form.read(#"request":{"revision":#,"from":#}}"#) {
            guard form[1] <= UInt64(UInt32.max) else { return nil }
            return .request(VectorRequest(revision: form[0], from: Int(truncatingIfNeeded: form[1])))
        }
        if form.read(#"delta":{"mode":$,"request":[#,#,#]"#) { return delta(&form) }
        if form.read(#"commit":{"sequence":#,"lines":[#,"&"],"sources":{"#) { return commit(&form) }
        if form.read(#"vector":{"incarnation":#,"epoch":#,"nonce":#,"lamport":#,"since":#,"until":#,"sources":{"#) {
            return vector(&form)
        }
        if form.read(
            #"hello":{"protocol":[#,#],"source":$,"incarnation":#,"cluster":$,"lamport":#,"epoch":#,"revision":#,"hash":"%""#
        ) {
            return hello(&form)
        }
        return nil
    }

    private static func hello(_ form: inout CanonicalForm) -> Message? {
        guard form[0] <= form[1], form[1] <= UInt64(UInt32.max) else { return nil }
        var hello = Hello(
            protocolVersions: UInt32(truncatingIfNeeded: form[0])...UInt32(truncatingIfNeeded: form[1]),
            source: form.text(2), incarnation: form[4], cluster: form.text(5), lamport: form[7], epoch: form[8],
            revision: form[9], hash: form[10], isReply: false)
        var next = 11
        if form.read(#","contents":"%%""#) {
            hello.contents = ContentHash(low: form[12], high: form[11])
            next = 13
        }
        guard form.read(#","nonce":#,"reply":?}}"#) else { return nil }
        hello.nonce = form[next]
        hello.isReply = form[next + 1] != 0
        return .hello(hello)
    }

    private static func vector(_ form: inout CanonicalForm) -> Message? {
        guard let claims = form.claims(ofVector: true), let items = items(&form, 6) else { return nil }
        let part = VectorPart(
            incarnation: form[0], epoch: form[1], nonce: form[2], since: form[4], until: form[5], from: items.from,
            to: items.to, isLast: items.isLast, lamport: form[3], progress: nil, claims: claims)
        return .vector(part)
    }

    private static func delta(_ form: inout CanonicalForm) -> Message? {
        let name = form.text(0)
        guard let mode = DeltaMode.allCases.first(where: { name.equals(Bytes($0.name)) }) else { return nil }
        var head = DeltaHead(mode: mode, incarnation: form[2], epoch: form[3], nonce: form[4])
        guard mode.endsWithCommit else { return form.read("}}") ? .delta(head) : nil }
        guard form.read(#","epoch":#,"span":[#,#]}}"#) else { return nil }
        head.kind = form[5]
        head.span = (form[6], form[7], form[7])
        return .delta(head)
    }

    private static func commit(_ form: inout CanonicalForm) -> Message? {
        guard let claims = form.claims(ofVector: false), let items = items(&form, 3) else { return nil }
        return .commit(
            CommitPart(
                sequence: form[0], from: items.from, to: items.to, isLast: items.isLast, check: form.check(1),
                claims: claims))
    }

    /// Reads the end of a part, which says the items that it consists of. `first`: the index of its values.
    private static func items(_ form: inout CanonicalForm, _ first: Int) -> (from: Int, to: Int, isLast: Bool)? {
        guard form.read(#","from":#,"to":#,"last":?}}"#), max(form[first], form[first + 1]) <= UInt64(UInt32.max) else {
            return nil
        }
        return (
            Int(truncatingIfNeeded: form[first]), Int(truncatingIfNeeded: form[first + 1]), form[first + 2] != 0
        )
    }
}
