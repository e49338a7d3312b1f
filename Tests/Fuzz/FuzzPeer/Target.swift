import ScuttleJansson
import Simulation

@testable import ScuttleCore
@testable import Simulation

/// The replica under attack, with small limits, and its host.
final class Target {
    let replica: Replica
    let store: RowStore?
    private let configuration: Configuration
    private let isSelective: Bool
    private var mind = Mind()
    private var now: UInt64 = 0
    /// The count of the host's writes, which bounds what the replica may hold.
    private(set) var writes = 0

    /// The keys that the host accepts from peers.
    private final class Mind {
        var refusesHalf = true
    }

    init(_ input: inout Program) throws(Failure) {
        let (choice, sizes, limits) = (input.byte(), input.byte(), input.byte())
        var configuration = Configuration()
        configuration.seed = 7
        configuration.mtu = 1 + Int(sizes & 7)
        configuration.maxHistory = Int(sizes >> 3 & 7) * Int(sizes >> 6 & 1) + Int(sizes >> 7) * 64
        configuration.limits.keyBytes = 8
        configuration.limits.valueBytes = 600
        configuration.limits.depth = 4
        configuration.limits.sources = limits & 1 == 0 ? 64 : 6 + Int(limits >> 6)
        configuration.limits.versionJump = limits & 2 == 0 ? 1 << 48 : 1000
        configuration.maxTombstones = limits & 4 == 0 ? 1 << 20 : Int(limits >> 6)
        configuration.maxRetired = limits & 8 == 0 ? 1 << 20 : Int(limits >> 6)
        configuration.maxRefused = limits & 16 == 0 ? 1024 : 1 + Int(limits >> 6)
        configuration.keepsTombstones = choice & 48 == 48
        if choice & 192 == 192 { configuration.retireAfter = 100 }
        isSelective = choice & 2 != 0
        if isSelective {
            configuration.accept = { [mind] _, update in !mind.refusesHalf || (update.key.first ?? 0) & 1 == 0 }
        }
        store = choice & 12 == 12 ? RowStore() : nil
        configuration.store = store?.store
        self.configuration = configuration
        replica = Replica(
            id: try ReplicaID(Bytes("T"), incarnation: choice & 1 == 0 ? nil : 3), configuration: configuration)
    }

    /// Makes one call of the host. An error of it is no fault.
    func work(_ input: inout Program) {
        let choice = input.byte()
        let key = Speech.keys[Int(choice >> 4) % 6]
        writes += 1
        switch choice & 15 {
        case 0...3:
            attempt { () throws(Failure) in
                try key.lend { (key) throws(Failure) in try replica.set(key, to: Bytes("[5]")) }
            }
        case 4, 5: attempt { () throws(Failure) in try key.lend { (key) throws(Failure) in try replica.delete(key) } }
        case 6:
            let time = UInt64(input.byte())
            attempt { () throws(Failure) in
                try key.lend { (key) throws(Failure) in try replica.set(key, to: Bytes("6"), for: time) }
            }
        case 7:
            now &+= input.byte() > 250 ? 1 << 40 : UInt64(choice) << 2
            attempt { () throws(Failure) in try replica.tick(now) }
        case 8, 9: attempt { () throws(Failure) in _ = try replica.purge() }
        case 10:
            let source = input.pick(Stage.sources(of: replica))
            _ = source.lend { replica.retireName($0.nameOfSource) }
        case 11: replica.acceptAgain()
        case 12: mind.refusesHalf.toggle()
        case 13: loadsAgain()
        default: replica.gossip()
        }
        attempt { () throws(Failure) in try replica.store() }
    }

    private func attempt(_ body: () throws(Failure) -> Void) {
        do throws(Failure) { try body() } catch { trace("the host: \(error.code): \(error.detail)") }
    }

    /// Makes the host accept everything from now on.
    func acceptAll() {
        mind.refusesHalf = false
        replica.acceptAgain()
    }

    /// Checks that an export creates a replica with the same entries, under its name and under another one; and that the rows
    /// of a store do.
    func loadsAgain() {
        var text: [UInt8] = []
        replica.export {
            text += $0
            return true
        }
        let look = Look(replica)
        for name in [Bytes("T"), Bytes("U")] { load(text, name, look, "an export") }
        guard let store else { return }
        do { try replica.store() } catch { return }
        if let rows = store.export { load(rows, Bytes("T"), Look(replica), "the rows of a store") }
    }

    private func load(_ text: [UInt8], _ name: Bytes, _ look: Look, _ what: String) {
        var again = configuration
        again.store = nil
        // Under another name, this start is one more source.
        if !name.equals(Bytes("T")) { again.limits.sources += 1 }
        do {
            let loaded = Replica(id: try ReplicaID(name, incarnation: 4), configuration: again)
            var input = LinkInput()
            let isWhole = try text.lend { (text) throws(Failure) in try input.load(text, into: loaded) }
            hold(isWhole, "\(what) is torn: \(text.text)")
            hold(loaded.brokenInvariant() == nil, "\(what) loads badly: \(loaded.brokenInvariant() ?? "") \(text.text)")
            hold(
                loaded.live == replica.live && loaded.keys.tombstoneCount == replica.keys.tombstoneCount,
                "\(what) loads as \(loaded.live), not \(replica.live): \(text.text)")
        } catch {
            hold(false, "\(what) does not load: \(error) \((error as? Failure)?.detail ?? "") \(text.text)")
        }
    }
}
