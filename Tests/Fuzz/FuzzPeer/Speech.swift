import Simulation

@testable import ScuttleCore
@testable import Simulation

/// Well-formed messages of a hostile peer, whose fields follow from the input: most of them right, or nearly.
struct Speech {
    let target: Replica
    let link: HostileLink
    /// Sources for claims: the target's, its name's, those of the peers, and an unknown one.
    let sources: [[UInt8]]

    static let keys = (0..<6).map { [UInt8("abcdef".utf8.dropFirst($0).first!)] } + [[UInt8]("too long a key".utf8)]
    static let values =
        ["1", "2", "null", "[1,2]", "{\"a\":\"b\"}", "\"text\"", "[[[[[[1]]]]]]"].map { [UInt8]($0.utf8) } + [
            [UInt8](repeating: 0x37, count: 120), [UInt8]("\"\(String(repeating: "x", count: 700))\"".utf8),
        ]

    // MARK: Numbers

    private func covered(_ source: [UInt8]) -> Version {
        source.lend { target.sources.find($0) }.map { target.sources[$0].covered } ?? 0
    }

    private func version(_ input: inout Program, of source: [UInt8]) -> Version {
        let version = input.version(near: [covered(source), target.version, target.highestPurged, target.own.covered])
        // A higher version of the target's own source ends the link.
        guard version > target.own.covered, source.lend({ target.id.equals($0) }) else { return version }
        return input.byte() < 240 ? target.own.covered : version
    }

    /// Returns another version up to one, for a claim that ascends.
    private func version(_ input: inout Program, upTo version: Version) -> Version {
        let choice = input.byte()
        return choice < 128
            ? 0
            : choice < 192
                ? version
                : min(version, choice < 224 ? Version(choice & 15) : covered(sources[Int(choice) % sources.count]))
    }

    private func nonce(_ input: inout Program) -> UInt64 {
        let choice = Int(input.byte())
        guard choice < 250, !link.nonces.isEmpty else { return input.number(near: link.nonces) }
        return link.nonces[link.nonces.count - 1 - choice % link.nonces.count]
    }

    /// Returns a GC epoch or a revision of the peer: mostly its latest.
    private func near(_ number: UInt64, _ input: inout Program) -> UInt64 {
        let choice = input.byte()
        return choice < 160
            ? number : choice < 200 ? number &+ UInt64(choice & 3) & UInt64(Int64.max) : input.number(near: [number])
    }

    private func progress(_ input: inout Program) -> Progress? {
        let choice = input.byte()
        guard choice & 3 == 0 else { return nil }
        let mode: DeltaMode = [.state, .reset, .contents][Int(choice >> 2) % 3]
        var progress = Progress(
            incarnation: target.incarnation, mode: mode, epoch: near(target.epoch, &input),
            sequence: input.number(near: [target.arrivals.last]))
        if link.isDatagram { progress.window = input.number(near: [link.end.link.extended?.outgoing?.window ?? 0]) }
        if choice & 64 != 0 { progress.item = Int(input.byte()) }
        if choice & 128 != 0, progress.sequence < 1 << 60 {
            var end = progress.sequence
            for _ in 0..<input.below(4) {
                let from = end + 1 + UInt64(input.byte())
                end = from + 1 + UInt64(input.byte())
                progress.ranges.append(SequenceRange(from: from, until: end))
            }
        }
        return progress
    }

    private func claims(_ input: inout Program, _ count: Int) -> [[UInt8]] {
        var found: [[UInt8]] = []
        for _ in 0..<count {
            let source = input.pick(sources)
            if !found.contains(source) { found.append(source) }
        }
        return found
    }

    private func retired(_ input: inout Program) -> RetiredClaim {
        let choice = input.byte()
        let source = sources[Int(choice >> 2) % sources.count]
        let hash =
            choice >= 240
            ? SourceHash(low: UInt64(choice), high: UInt64(input.byte())) : source.lend { SourceHash(of: $0) }
        return RetiredClaim(
            hash: hash, version: max(version(&input, of: source), 1), isPurged: choice & 1 != 0,
            isFinal: choice & 2 != 0)
    }

    private func sum(_ input: inout Program) -> RetiredSum {
        let choice = input.byte()
        return choice & 1 == 0
            ? target.retired.whole : choice & 2 == 0 ? RetiredSum() : RetiredSum(count: 1, sum: UInt64(choice))
    }

    private func check(_ input: inout Program, _ right: LineCheck) -> LineCheck {
        input.byte() == 255 ? LineCheck(count: right.count, hash: right.hash ^ 1) : right
    }

    // MARK: Control messages

    func hello(_ input: inout Program) -> [UInt8] {
        let choice = input.byte()
        let honest = link.honest
        let isOther = choice & 31 == 31
        let source = isOther ? input.pick(sources) : [UInt8](honest.id)
        let hash =
            switch choice >> 5 & 3 {
            case 0: honest.vectorHash
            case 1: target.vectorHash
            default: input.number()
            }
        var contents: ContentHash?
        if choice & 128 != 0 { contents = input.byte() & 1 == 0 ? target.contentHash : honest.contentHash }
        let cluster = isOther && input.byte() > 200 ? [UInt8]("c".utf8) : []
        return source.lend { source in
            cluster.lend { cluster in
                var hello = Hello(
                    protocolVersions: isOther && input.byte() > 200 ? 2...3 : 1...1, source: source,
                    incarnation: isOther ? UInt64(input.byte()) : honest.incarnation, cluster: cluster,
                    lamport: input.version(near: [honest.version, target.version]), epoch: near(honest.epoch, &input),
                    revision: near(max(honest.revision, link.end.link.extended?.peer.revision ?? 0), &input),
                    hash: hash,
                    contents: contents, nonce: UInt64(input.byte()), progress: progress(&input),
                    isReply: choice & 1 == 0)
                if link.isDatagram, input.byte() & 3 != 3 { hello.token = 77 }
                return MessageBuffer.bytes { $0.appendHello(hello) }
            }
        }
    }

    func request(_ input: inout Program) -> [UInt8] {
        let request = VectorRequest(
            revision: input.byte() & 1 == 0 ? 0 : input.number(near: [target.revision]), from: input.below(9),
            retired: sum(&input))
        return MessageBuffer.bytes { $0.appendRequest(request) }
    }

    func vector(_ input: inout Program) -> [UInt8] {
        let choice = input.byte()
        let peer = link.end.link.extended?.peer ?? PeerState()
        var part = VectorPart(
            incarnation: peer.incarnation, epoch: near(peer.epoch, &input), nonce: UInt64(input.byte()),
            since: choice & 1 == 0 ? 0 : near(peer.revision, &input), until: near(max(peer.revision, 1), &input),
            from: choice & 2 == 0 ? 0 : peer.next, to: peer.next + input.below(9), isLast: choice & 4 == 0,
            lamport: input.version(near: [target.version]), wantsContents: choice & 24 == 24,
            progress: progress(&input),
            claims: [])
        if choice & 224 == 224 {
            part.retiredFloor = input.version(near: [target.version])
            part.took = input.number(near: link.nonces)
            part.sameRetired = sum(&input)
        }
        let claims = part.wantsContents ? [] : claims(&input, Int(choice >> 3 & 7))
        let extra = input.byte()
        var names: [[UInt8]] = []
        return MessageBuffer.bytes { line in
            line.appendVector(part)
            for (index, source) in claims.enumerated() {
                let covered = version(&input, of: source)
                let purged = version(&input, upTo: covered)
                line.putClaim(source, purged == 0 ? [covered] : [covered, purged], isFirst: index == 0)
            }
            for (index, source) in self.claims(&input, Int(extra & 3)).enumerated()
            where !names.contains(where: { source.starts(with: $0) }) || index == 0 {
                let name = source.lend { [UInt8]($0.nameOfSource) }
                names.append(name)
                name.lend {
                    line.appendName(
                        NameClaim(
                            name: $0, number: input.version(near: [target.version]),
                            state: RetirementState(rawValue: input.byte() & 3), sequence: input.number(),
                            hash: input.number()),
                        isFirst: index == 0)
                }
            }
            let count = Int(extra >> 2 & 3)
            for index in 0..<count { line.appendRetired(retired(&input), isFirst: index == 0) }
            line.appendClaimsEnd(from: part.from, to: part.to, isLast: part.isLast, hasRetired: count > 0)
        }
    }

    func refused(_ input: inout Program) -> [UInt8] {
        let choice = input.byte()
        return MessageBuffer.bytes { line in
            line.beginRefused()
            for index in 0..<Int(choice & 7) {
                let source = input.pick(sources)
                let quoted = MessageBuffer.bytes { $0.putQuoted(source) }
                let (version, reason) = (
                    max(version(&input, of: source), 1), input.pick([0, 22, 33, 21, 14, 29, 200] as [UInt8])
                )
                quoted.lend { line.text.putJSONException($0, version, reason, isFirst: index == 0) }
            }
            line.appendRefusedEnd(isAnew: choice & 64 != 0)
        }
    }

    func forgot(_ input: inout Program) -> [UInt8] {
        let since = input.number() & 7
        return MessageBuffer.bytes { line in
            line.appendForgottenStart(since: since, epoch: since + UInt64(input.byte() & 3))
            let count = input.below(4)
            for index in 0..<count { input.pick(Self.keys).lend { line.appendKey($0, isFirst: index == 0) } }
            line.appendForgottenEnd(isLast: input.byte() & 1 == 0)
        }
    }

    // MARK: Deltas

    func update(_ input: inout Program) -> SpokenUpdate {
        let choice = input.byte()
        let source = input.pick(sources)
        var update = SpokenUpdate(
            key: Self.keys[choice & 15 == 15 ? 6 : Int(choice) % 6], value: input.pick(Self.values),
            dot: (source, max(version(&input, of: source), 1)))
        switch choice >> 4 {
        case 0, 1: (update.kind, update.value) = (.delete, [UInt8]("null".utf8))
        case 2, 3:
            let writer = input.pick(sources)
            update.written = (writer, min(max(version(&input, of: writer), 1), update.dot.version - 1))
            if update.written?.version == 0 { update.written = nil }
        case 4:
            (update.kind, update.value) = (.expiry, [UInt8]("null".utf8))
            let writer = input.pick(sources)
            update.written = (writer, min(max(version(&input, of: writer), 1), update.dot.version - 1))
            if update.written?.version == 0 { (update.kind, update.written) = (.delete, nil) }
        case 5: update.lease = (input.version(near: []), input.version(near: []))
        case 6: update.lease = (UInt64(input.byte()), 0)
        default: break
        }
        // A copy of an entry with its content, its dot or its timestamp.
        if choice >> 4 >= 12, let entry = entry(at: Int(input.byte())) { take(from: entry, choice, &update) }
        if link.end.link.isClassic { update.isRestated = true }
        return update
    }

    private func entry(at number: Int) -> Record? {
        var found: [Record] = []
        target.keys.forEach { _, record in
            found.append(record)
            return true
        }
        return found.isEmpty ? nil : found[number % found.count]
    }

    private func take(from entry: Record, _ choice: UInt8, _ update: inout SpokenUpdate) {
        let timestamp = entry.timestamp
        if choice & 1 == 0 { update.key = [UInt8](entry.key) }
        if choice & 2 == 0 { update.value = [UInt8](entry.value) }
        if choice & 4 == 0 { update.dot = ([UInt8](target.sources[entry.source].id), entry.version) }
        if choice & 8 == 0, timestamp.version < update.dot.version {
            update.written = ([UInt8](target.sources[timestamp.source].id), timestamp.version)
        }
        if entry.isDelete, choice & 2 == 0 { update.kind = update.written == nil ? .delete : entry.kind }
    }

    func head(_ input: inout Program, _ mode: DeltaMode) -> DeltaHead {
        var head = DeltaHead(
            mode: mode, incarnation: target.incarnation, epoch: near(target.epoch, &input), nonce: nonce(&input))
        if mode.endsWithCommit {
            head.kind = near(link.end.link.extended?.peer.epoch ?? 0, &input)
            let start = input.byte() < 224 ? 0 : input.number() & 31
            let from = input.byte() < 224 ? start : input.number() & 31
            head.span = (start, from, from)
        }
        return head
    }

    /// Returns the head of a delta on a stream.
    func head(_ input: inout Program) -> [UInt8] {
        let head = head(&input, input.pick(DeltaMode.allCases))
        return MessageBuffer.bytes { $0.appendDelta(head) }
    }

    func cover(_ input: inout Program, _ lines: LineCheck) -> [UInt8] {
        let check = check(&input, lines)
        let claims = claims(&input, input.below(5))
        return MessageBuffer.bytes { line in
            line.appendCoverStart()
            for (index, source) in claims.enumerated() {
                let until = version(&input, of: source)
                let (since, leftOut) = (version(&input, upTo: until), version(&input, upTo: until))
                line.putClaim(source, leftOut == 0 ? [since, until] : [since, until, leftOut], isFirst: index == 0)
            }
            line.appendCoverEnd(check)
        }
    }

    func mark(_ input: inout Program, _ lines: LineCheck) -> [UInt8] {
        let sequence = input.number(near: [link.start])
        var sealed = lines
        for number in [link.start, sequence] { sealed.seal(number) }
        let check = check(&input, sealed)
        return MessageBuffer.bytes { $0.appendMark(ProgressMark(sequence: sequence, check: check)) }
    }

    /// Returns a part of a commit.
    /// - Parameter sequence: the sequence up to which it holds; nil: as the input says.
    func commit(_ input: inout Program, _ lines: LineCheck?, upTo sequence: UInt64? = nil) -> [UInt8] {
        let choice = input.byte()
        let sequence = sequence ?? input.number(near: [link.start])
        let from = choice & 96 != 64 ? 0 : input.below(12)
        var part = CommitPart(
            sequence: sequence, from: from, to: from + input.below(9), isLast: choice & 160 != 160, claims: [])
        if var sealed = lines {
            for number in [link.start, sequence] { sealed.seal(number) }
            part.check = check(&input, sealed)
        }
        let claims = claims(&input, Int(choice & 7))
        let extra = input.byte()
        return MessageBuffer.bytes { line in
            line.appendCommit(part)
            for (index, source) in claims.enumerated() {
                let until = version(&input, of: source)
                let since = choice & 8 == 0 ? 0 : version(&input, upTo: until)
                let purged = choice & 16 == 0 ? 0 : version(&input, upTo: until)
                line.putClaim(source, purged == 0 ? [since, until] : [since, until, purged], isFirst: index == 0)
            }
            let retiredCount = Int(extra & 3)
            for index in 0..<retiredCount { line.appendRetired(retired(&input), isFirst: index == 0) }
            let exceptedCount = Int(extra >> 2 & 7)
            if exceptedCount > 0 { line.beginExcepted(hasRetired: retiredCount > 0) }
            for index in 0..<exceptedCount {
                let source = input.pick(sources)
                let quoted = MessageBuffer.bytes { $0.putQuoted(source) }
                let version = max(version(&input, of: source), 1)
                let reason = input.byte() & 1
                quoted.lend { line.text.putJSONException($0, version, reason, isFirst: index == 0) }
            }
            line.appendClaimsEnd(
                from: part.from, to: part.to, isLast: part.isLast, hasRetired: retiredCount > 0,
                hasExcepted: exceptedCount > 0)
        }
    }

    // MARK: Datagrams

    /// Returns the echo in front of a datagram with control messages: mostly the right one.
    func echo(_ input: inout Program) -> [UInt8] {
        let choice = input.byte()
        guard choice < 240 else { return choice == 255 ? [] : MessageBuffer.bytes { $0.appendEcho(UInt64(choice)) } }
        let token = link.token
        return token == 0 ? [] : MessageBuffer.bytes { $0.appendEcho(token) }
    }

    /// Returns a head with a correct span, its updates, and a commit if a bit of the input says so.
    func datagram(_ input: inout Program) -> [UInt8] {
        let mode = input.pick(DeltaMode.allCases)
        var head = head(&input, mode)
        let updates = (0..<input.below(5)).map { _ in update(&input).line }
        let choice = input.byte()
        if let span = head.span {
            head.span = (span.start, span.from, span.from + UInt64(choice & 15))
            if choice & 48 == 48 { head.withheld = input.number() & 63 }
            var lines = LineCheck()
            for line in updates { line.withUnsafeBytes { lines.add($0) } }
            if let span = head.span { lines.seal(span, withheld: head.withheld) }
            head.check = check(&input, lines)
        }
        if choice & 64 != 0 { head.window = input.number(near: [link.end.link.extended?.incoming.window ?? 0]) }
        var datagram = MessageBuffer.bytes { $0.appendDelta(head) }
        for line in updates { datagram += line + [0x0a] }
        if choice & 128 != 0 { datagram += commit(&input, nil, upTo: head.span?.until) }
        return datagram
    }
}
