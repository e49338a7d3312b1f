internal import CScuttle

/// The rule that decides which of two updates of one key stands. All replicas need the same one.
public enum Resolver: Sendable {
    /// The greater timestamp stands: by version, then by source. The default.
    case lastWriter

    /// The greater value stands: null < false < true < numbers < strings < arrays < objects; of equal values the greater
    /// timestamp. Times to live are not supported.
    case greaterValue

    /// The host decides: returns whether `update` replaces `current`, which is nil if the key is new.
    ///
    /// The rule decides on local and received updates alike. It must be a total order of updates, or replicas differ for good:
    /// ``flaw(among:)`` searches for a counterexample. It runs under the lock, on any thread. Times to live are not supported,
    /// and tombstones are never purged.
    case custom(@Sendable (_ update: Update, _ current: Update?) -> Bool)

    /// A counterexample: updates whose outcome depends on how they arrive.
    public struct Flaw: Hashable, Sendable {
        /// A law that a resolver must keep.
        public enum Law: UInt32, Hashable, Sendable {
            /// The order of arrival must not matter.
            case commutative = 1
            /// A repeated arrival must not matter.
            case idempotent = 2
            /// The order in which updates are merged must not matter.
            case associative = 3
        }

        /// The law that is broken.
        public let law: Law
        /// The two or three updates that show it, as offsets.
        public let offsets: [Int]
    }

    /// Tries the rule on all pairs and triples of some updates of one key.
    ///
    /// - Parameter updates: Up to 1,000; of two with one timestamp the first counts.
    /// - Returns: A smallest counterexample, or nil if these updates show none.
    /// - Throws: ``ScuttleError/Code/argument`` for more updates, and what ``Replica/set(_:to:timeToLive:renews:)`` throws for a value;
    ///   ``ScuttleError/Code/id`` or ``ScuttleError/Code/version`` for an invalid timestamp.
    /// - Complexity: O(n^3) for n updates. Any thread.
    public func flaw(among updates: [Update]) throws(ScuttleError) -> Flaw? {
        // The library rejects more than 1,000, without reading them.
        let samples = updates.count > 1_000 ? [] : updates
        let texts = samples.flatMap { [$0.key.utf8.count, $0.value.bytes.count, $0.timestamp.source.utf8.count] }
        let bytes = samples.flatMap { Array($0.key.utf8) + $0.value.bytes + Array($0.timestamp.source.utf8) }
        let callbacks = Callbacks(Configuration(resolver: self))
        var flaw = scuttle_flaw_t()
        let code = withExtendedLifetime(callbacks) {
            withText(bytes) { start, _ in
                var config = scuttle_config_t()
                config.struct_size = MemoryLayout<scuttle_config_t>.size
                callbacks.fill(&config)
                var offset = 0
                let views = samples.enumerated().map { index, sample in
                    var view = scuttle_update_t()
                    let counts = texts[(3 * index)..<(3 * index + 3)]
                    let starts = counts.map { count in
                        defer { offset += count }
                        return start + offset
                    }
                    (view.key, view.value, view.source) = (starts[0], starts[1], starts[2])
                    (view.key_len, view.value_len, view.source_len) = (
                        texts[3 * index], texts[3 * index + 1], texts[3 * index + 2]
                    )
                    (view.version, view.flags) = (sample.timestamp.version, sample.flags.rawValue)
                    return view
                }
                return scuttle_check_resolver(&config, views, updates.count, &flaw)
            }
        }
        guard code != SCUTTLE_OK else { return nil }
        guard code == SCUTTLE_E_RESOLVER, let law = Flaw.Law(rawValue: flaw.kind) else { throw ScuttleError(code) }
        return Flaw(law: law, offsets: [Int]([flaw.a, flaw.b, flaw.c].prefix(Int(flaw.count))))
    }
}
