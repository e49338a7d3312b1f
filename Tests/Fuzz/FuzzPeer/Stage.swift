import Simulation

@testable import ScuttleCore
@testable import Simulation

/// A target with three links to peers that the fuzzer plays, and the properties that must hold whatever those send.
final class Stage {
    private let target: Target
    private var links: [HostileLink] = []
    /// The bytes that peers have written to the target.
    private var heard = 0
    /// The gossips that the target's host has called on links, besides its other calls.
    private var gossips = 0
    /// Whether the replica was examined after the latest move.
    private var isExamined = false

    private var replica: Replica { target.replica }

    init(_ input: inout Program) throws(Failure) {
        target = try Target(&input)
        let kinds = input.byte()
        let first: Link.Options = [
            [], [], .any, .any, .classic, [.classic, .history], .readOnly, [.readOnly, .live],
        ][Int(kinds & 7)]
        let options: [Link.Options] = [
            first, kinds & 8 == 0 ? .datagram : [.datagram, .live], kinds & 16 == 0 ? .live : [.live, .any],
        ]
        for (name, options) in zip(["A", "B", "C"] as [StaticString], options) {
            links.append(try link(name, options, kinds))
        }
    }

    private func link(_ name: StaticString, _ options: Link.Options, _ kinds: UInt8) throws(Failure) -> HostileLink {
        var configuration = Configuration()
        configuration.seed = 11
        configuration.maxHistory = kinds & 32 == 0 ? 4 : 100
        let honest = Replica(
            id: try ReplicaID(Bytes(name), incarnation: kinds & 64 == 0 ? nil : 9), configuration: configuration)
        if kinds & 128 != 0 { try honest.set(Bytes(name), to: Bytes("true")) }
        return try HostileLink(replica, honest, options)
    }

    /// Returns the sources that a peer may name.
    static func sources(of target: Replica) -> [[UInt8]] {
        [[UInt8](target.id)]
            + ["A", "B", "C", "g~AAAAAAAA", "g~AAAAAAAB", "T~AAAAAAAA", "x", "A~AAAAAAAA"].map { [UInt8]($0.utf8) }
    }

    // MARK: Moves

    func step(_ input: inout Program) throws(Failure) {
        isExamined = false
        let move = input.byte()
        let link = links[Int(move >> 6) % 3]
        if link.end.hasEnded, input.byte() < 240 { try link.reopen() }
        let speech = Speech(target: replica, link: link, sources: Self.sources(of: replica))
        switch move & 31 {
        // A message that precedes the hello ends a link of the extended dialect.
        case 18...25 where !link.isReady && move & 7 != 0: exchange(link, rounds: 1 + Int(move & 3))
        case 26 where !link.allowsClassic && input.byte() < 250: exchange(link, rounds: 2)
        case 0: exchange(link, rounds: 1 + input.below(4))
        case 1: link.hearTarget(capacity(&input, link))
        case 2: link.hearHonest(capacity(&input, link))
        case 3: passToTarget(link, &input)
        case 4: passToHonest(link, &input)
        case 5:
            link.end.link.gossip()
            gossips += 1
        case 6: workAtHonest(link, &input)
        case 7...9:
            target.work(&input)
            isExamined = false
        case 10 where input.byte() & 3 == 0: try link.reopen()
        case 11, 12: speak(link, &input) { speech.hello(&$0) }
        case 13: speak(link, &input) { speech.request(&$0) }
        case 14, 15: speak(link, &input) { speech.vector(&$0) }
        case 16: speak(link, &input) { speech.refused(&$0) }
        case 17: speakRarely(link, &input)
        case 18 where !link.isDatagram: tell(link, speech.head(&input))
        case 19 where !link.isDatagram: tell(link, speech.update(&input).line + [0x0a])
        case 20 where !link.isDatagram: tell(link, speech.cover(&input, link.lines))
        case 21 where !link.isDatagram: tell(link, speech.mark(&input, link.lines))
        case 22 where !link.isDatagram: tell(link, speech.commit(&input, link.lines))
        case 23: tell(link, speech.forgot(&input))
        case 24, 25: sayDelta(link, speech, &input)
        case 26: sayClassic(link, speech, &input)
        default: sayDelta(link, speech, &input)
        }
        if !isExamined { examine("a move") }
    }

    private func capacity(_ input: inout Program, _ link: HostileLink) -> Int {
        link.isDatagram ? [1200, 512, 300, 200][input.below(4)] : 4096
    }

    /// Exchanges undisturbed messages of both ends.
    private func exchange(_ link: HostileLink, rounds: Int) {
        link.honestEnd.link.gossip()
        for _ in 0..<rounds {
            link.hearHonest(1200)
            for unit in link.toTarget { tell(link, unit) }
            link.toTarget = []
            link.hearTarget(1200)
            for unit in link.toHonest { link.tellHonest(unit) }
            link.toHonest = []
        }
    }

    /// Passes a line or datagram of the honest replica on: whole or cut, once or twice, or not at all.
    private func passToTarget(_ link: HostileLink, _ input: inout Program) {
        guard !link.toTarget.isEmpty else { return }
        let choice = input.byte()
        var unit = link.toTarget.remove(at: choice & 1 == 0 ? 0 : input.below(link.toTarget.count))
        if link.isDatagram, choice & 14 == 14 { unit = Array(unit.prefix(Int(input.byte()) << 2)) }
        guard choice < 224 else { return }
        tell(link, unit)
        if choice & 48 == 48 { tell(link, unit) }
    }

    private func passToHonest(_ link: HostileLink, _ input: inout Program) {
        guard !link.toHonest.isEmpty else { return }
        let choice = input.byte()
        let unit = link.toHonest.remove(at: choice & 1 == 0 ? 0 : input.below(link.toHonest.count))
        if choice < 224 { link.tellHonest(unit) }
    }

    private func workAtHonest(_ link: HostileLink, _ input: inout Program) {
        let choice = input.byte()
        Speech.keys[Int(choice >> 3) % 6].lend { key in
            switch choice & 7 {
            case 0...2: try? link.honest.set(key, to: Bytes("8"))
            case 3: try? link.honest.delete(key)
            case 4: _ = try? link.honest.purge()
            case 5: try? link.honest.set(key, to: Bytes("9"), for: 20)
            default: link.honestEnd.link.gossip()
            }
        }
    }

    /// Writes a control message, with an echo in front of it in datagrams.
    private func speak(_ link: HostileLink, _ input: inout Program, _ message: (inout Program) -> [UInt8]) {
        let echo = link.isDatagram ? Speech(target: replica, link: link, sources: []).echo(&input) : []
        tell(link, echo + message(&input))
    }

    private func speakRarely(_ link: HostileLink, _ input: inout Program) {
        let choice = input.byte()
        speak(link, &input) { input in
            MessageBuffer.bytes { line in
                switch choice & 7 {
                case 0...3: line.appendTwin()
                case 4: line.appendReject(RejectReason.allCases[Int(choice >> 3) % 4])
                default: line.appendChallenge(input.number(near: [link.token]))
                }
            }
        }
    }

    /// Writes a whole delta: head, updates, and a matching end.
    private func sayDelta(_ link: HostileLink, _ speech: Speech, _ input: inout Program) {
        guard !link.isDatagram else { return tell(link, speech.datagram(&input)) }
        let mode = input.pick(DeltaMode.allCases)
        let head = speech.head(&input, mode)
        tell(link, MessageBuffer.bytes { $0.appendDelta(head) })
        for _ in 0..<input.below(6) { tell(link, speech.update(&input).line + [0x0a]) }
        if mode == .log { return tell(link, speech.cover(&input, link.lines)) }
        guard mode.endsWithCommit else { return }
        if input.byte() & 3 == 3 { tell(link, speech.mark(&input, link.lines)) }
        tell(link, speech.commit(&input, link.lines))
    }

    private func sayClassic(_ link: HostileLink, _ speech: Speech, _ input: inout Program) {
        let choice = input.byte()
        guard choice & 3 != 0 else { return tell(link, [UInt8]("{\"digest\":true,\"done\":true}\n".utf8)) }
        let source = MessageBuffer.bytes { $0.putQuoted(input.pick(speech.sources)) }.text
        let version = input.version(near: [replica.version])
        let done = choice & 4 == 0 ? "" : ",\"done\":true"
        tell(
            link,
            [UInt8]("{\"digest\":true,\"source_id\":\(source),\"id\":\(source),\"version\":\(version)\(done)}\n".utf8))
    }

    // MARK: Properties

    /// Writes a line or a datagram to the target. An error changes nothing that it must not; a read-only link changes nothing.
    private func tell(_ link: HostileLink, _ unit: [UInt8]) {
        guard !unit.isEmpty else { return }
        replica.finishCall()
        let before = Look(replica)
        let wasEnded = link.end.hasEnded
        let ownBefore = replica.own.covered
        link.count(unit)
        heard += unit.count
        var failure: Failure?
        do throws(Failure) { try link.end.write(unit) } catch { failure = error }
        trace("\(link.honest.id.text) says \(unit.text)\(failure.map { "! \($0.code): \($0.detail)\n" } ?? "")")
        let after = Look(replica)
        trace(
            "changed: \(before.entries == after.entries ? "" : "entries ")\(before.vector == after.vector ? "" : "vector ")"
                + "\(before.exceptions == after.exceptions ? "" : "exceptions ")\(before.numbers)\(after.numbers)")
        let own = replica.own.covered
        hold(own == ownBefore || own <= replica.version, "its own source is covered to \(own), at \(replica.version)")
        if link.options.contains(.readOnly) { checkReadOnly(before, after, unit) }
        if let failure, !link.isDatagram {
            check(failure, before, after, unit, hasEnded: link.end.hasEnded && !wasEnded)
        }
        do { try replica.store() } catch { hold(false, "the store fails") }
        examine(unit.text)
        isExamined = true
    }

    private func checkReadOnly(_ before: Look, _ after: Look, _ unit: [UInt8]) {
        // The delta for a request carries the low-water mark.
        hold(
            before.entries == after.entries && before.exceptions == after.exceptions
                && before.numbers == after.numbers,
            "a read-only link changes something: \(unit.text)\(Look.difference(before, after))")
    }

    private func check(_ failure: Failure, _ before: Look, _ after: Look, _ unit: [UInt8], hasEnded: Bool) {
        // The end of a link frees the updates that it held.
        guard !hasEnded else { return }
        let isSame: Bool
        switch failure.code {
        // Of a vector, cover or commit, the sources that fit count.
        case .sources: return
        // A refused update is recorded, and the loser of an equivocation is accounted for.
        case .refused, .keySize, .valueSize, .depth: isSame = before.entries == after.entries
        case .corrupt: isSame = before.entries == after.entries
        default: isSame = before == after
        }
        hold(
            isSame,
            "\(failure.code): \(failure.detail): changes something: \(unit.text)\(Look.difference(before, after))")
    }

    private func examine(_ what: @autoclosure () -> String) {
        if let broken = replica.brokenInvariant() { hold(false, "\(broken), after \(what())") }
        let most = 64 + heard / 8 + 3 * target.writes
        hold(replica.weight <= most, "\(replica.weight) things are held after \(heard) bytes")
        for link in links {
            // Each gossip sends a hello.
            let most = link.heardUnchecked + 500 * (gossips + target.writes)
            hold(link.saidUnchecked <= most, "an unknown address gets \(link.saidUnchecked) bytes, not \(most)")
            guard let covered = replica.id.covered(by: link.honest) else { continue }
            hold(
                covered <= replica.own.covered,
                "an honest peer has the target covered to \(covered), whose low-water mark is \(replica.own.covered)")
        }
    }

    // MARK: The end

    /// Ends the run: without the hostile peers, two honest replicas, one of them empty, must converge with the target.
    func end() throws(Failure) {
        for link in links {
            hold(link.honest.brokenInvariant() == nil, "an honest peer: \(link.honest.brokenInvariant() ?? "")")
            link.close()
        }
        target.acceptAll()
        examine("the end")
        target.loadsAgain()
        // Without free versions nothing can be republished.
        guard replica.version < .highest - 1000 else { return }
        let newcomer = Replica(id: try ReplicaID(Bytes("N")), configuration: Configuration())
        if replica.sources.liveCount < replica.limits.sources - 2 { try newcomer.set(Bytes("n"), to: Bytes("1")) }
        converge(replica, newcomer, "a newcomer")
        let empty = Replica(id: try ReplicaID(Bytes("E")), configuration: Configuration())
        converge(newcomer, empty, "an empty replica")
        target.loadsAgain()
    }

    private func converge(_ a: Replica, _ b: Replica, _ what: String) {
        do {
            let ends = [try End(a, []), try End(b, [])]
            defer { for end in ends { end.close() } }
            for gossip in 0..<70 {
                for end in ends { end.link.gossip() }
                var carried = 0
                while true {
                    var moved = 0
                    for side in [0, 1] {
                        let bytes = try ends[side].read(upTo: 4096)
                        moved += bytes.count
                        if !bytes.isEmpty {
                            trace("\(ends[side].replica.id.text) to \(ends[1 - side].replica.id.text): \(bytes.text)")
                            do { try ends[1 - side].write(bytes) } catch { trace("! \(error.code): \(error.detail)") }
                        }
                    }
                    carried += moved
                    hold(carried < 1 << 20, "\(what) talks without an end")
                    if moved == 0 { break }
                }
                for replica in [a, b] {
                    hold(replica.brokenInvariant() == nil, "\(what): \(replica.brokenInvariant() ?? "")")
                }
                if a.live == b.live, gossip > 0 { return }
            }
            hold(false, "\(what) does not converge: \(a.live) and \(b.live)")
        } catch {
            hold(false, "\(what): \(error)")
        }
    }
}

extension Bytes {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }

    /// Returns the version up to which a replica covers a source.
    fileprivate func covered(by replica: Replica) -> Version? {
        replica.sources.find(self).map { replica.sources[$0].covered }
    }
}
