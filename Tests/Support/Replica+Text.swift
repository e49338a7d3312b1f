import ScuttleJansson

@testable import ScuttleCore

/// Calls of replicas with strings.
extension Replica {
    static func make(
        _ id: String = "local", seed: UInt64 = 1, _ adjust: (inout Configuration) -> Void = { _ in }
    ) throws -> Replica {
        var configuration = Configuration()
        configuration.seed = seed
        configuration.isRespelling = { ValueOrder.areSame($0, $1) }
        adjust(&configuration)
        return try id.lend { (id) throws(Failure) in Replica(id: try ReplicaID(id), configuration: configuration) }
    }

    /// Starts an incarnation of a name; each seed gives another one.
    static func start(
        _ name: String, seed: UInt64, from state: [UInt8] = [], _ adjust: (inout Configuration) -> Void = { _ in }
    ) throws -> Replica {
        var configuration = Configuration()
        configuration.seed = seed
        configuration.isRespelling = { ValueOrder.areSame($0, $1) }
        adjust(&configuration)
        let replica = try name.lend { (name) throws(Failure) in
            try state.lend { (state) throws(Failure) in
                Replica(
                    id: try ReplicaID(name, incarnation: seed, startingFrom: state), configuration: configuration)
            }
        }
        if !state.isEmpty { try replica.load(state) }
        return replica
    }

    func set(_ key: String, _ value: String) throws(Failure) {
        try key.lend { (key) throws(Failure) in
            try value.lend { (value) throws(Failure) in try set(key, to: value) }
        }
    }

    func delete(_ key: String) throws(Failure) {
        try key.lend { (key) throws(Failure) in try delete(key) }
    }

    func receive(_ update: PlainUpdate) throws(Failure) {
        try update.incoming { (update) throws(Failure) in try receive(update) }
    }

    func load(_ updates: [PlainUpdate]) throws(Failure) {
        var loader = Loader(self)
        for update in updates {
            try update.incoming { (update) throws(Failure) in try loader.load(update) }
        }
        _ = try loader.finish()
    }

    /// Loads the lines of an export; false if they are truncated.
    @discardableResult
    func load(_ text: [UInt8]) throws(Failure) -> Bool {
        var input = LinkInput()
        return try text.lend { (text) throws(Failure) in try input.load(text, into: self) }
    }

    func exported() -> [UInt8] {
        var text: [UInt8] = []
        export {
            text += $0
            return true
        }
        return text
    }

    func value(_ key: String) throws(Failure) -> String? {
        try key.lend { (key) throws(Failure) in try get(key)?.value.text }
    }

    /// Returns the entry of a key, tombstones included.
    func entry(_ key: String) -> PlainUpdate? {
        key.lend { key in keys.find(key).flatMap { keys[$0] }.map { PlainUpdate(update(of: $0)) } }
    }

    func updates(_ source: String, above version: Version) -> [PlainUpdate] {
        source.lend { source in updates(of: source, above: version).map { PlainUpdate($0) } }
    }
}
