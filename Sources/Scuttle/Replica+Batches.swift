internal import CScuttle
internal import ScuttleC

/// A write of a batch: see ``Replica/write(_:)``.
public struct Write: Hashable, Sendable {
    /// The key.
    public var key: String
    /// The value; nil: a delete.
    public var value: JSONText?
    /// As in ``Replica/set(_:to:timeToLive:renews:)``, but at least one millisecond. No effect on a delete.
    public var timeToLive: Duration?
    /// As in ``Replica/set(_:to:timeToLive:renews:)``.
    public var renews: Bool

    /// Sets a key to a value.
    public static func set(
        _ key: String, to value: JSONText, timeToLive: Duration? = nil, renews: Bool = false
    ) -> Write {
        Write(key: key, value: value, timeToLive: timeToLive, renews: renews)
    }

    /// Deletes a key.
    public static func remove(_ key: String) -> Write {
        Write(key: key, value: nil, timeToLive: nil, renews: false)
    }
}

extension Replica {
    /// Makes all writes of a batch in their order, or none of them: one step for other threads, for closures and for the state store.
    ///
    /// A key may come twice: both are writes. It is no transaction between replicas: a peer applies one update after the other, so its host
    /// may see a part of them.
    /// - Returns: ``Outcome/done``, or ``Outcome/full``: done, and a link is full.
    /// - Throws: The errors of ``set(_:to:timeToLive:renews:)``, for the first write that has one.
    /// - Complexity: That of the writes.
    @discardableResult
    public func write(_ writes: [Write]) throws(ScuttleError) -> Outcome {
        var (texts, times) = (PackedTexts(), [UInt64]())
        for write in writes {
            texts.append(write.key.utf8)
            texts.append(write.value?.bytes ?? [])
            let time = try Lease.milliseconds(write.timeToLive, renews: write.renews)
            // In a batch 0 means none.
            times.append(time.map { Swift.max($0, 1) } ?? 0)
        }
        return try outcome { replica in
            texts.withViews { views in
                let views = writes.indices.map { index in
                    let (key, value) = (views[2 * index], views[2 * index + 1])
                    return scuttle_write_t(
                        key: key.start, key_len: key.count, json: writes[index].value == nil ? nil : value.start,
                        json_len: value.count, ttl_ms: times[index])
                }
                return scuttle_set_many(replica, views, views.count)
            }
        }
    }

    /// Sets a key if its entry is still the expected one: a compare-and-set on this replica alone.
    ///
    /// Two replicas may both succeed at the same time: then the later timestamp stands at all of them, and ``Configuration/onUpdate`` shows it.
    /// - Parameters:
    ///   - key: As in ``set(_:to:timeToLive:renews:)``.
    ///   - value: A JSON text.
    ///   - expected: An entry of ``get(_:)``, of which the timestamp counts. nil: the key must hold no value.
    /// - Returns: ``Outcome/conflict`` if the key has another entry: nothing has changed. Otherwise as ``set(_:to:timeToLive:renews:)``.
    /// - Throws: As ``set(_:to:timeToLive:renews:)``.
    /// - Complexity: O(length of key and value).
    public func set(
        _ key: String, to value: JSONText, ifEntryIs expected: Entry?
    ) throws(ScuttleError) -> Outcome {
        try write(key, value, expected)
    }

    /// Deletes a key if its entry is still the expected one. Otherwise as ``set(_:to:ifEntryIs:)``.
    public func remove(_ key: String, ifEntryIs expected: Entry?) throws(ScuttleError) -> Outcome {
        try write(key, nil, expected)
    }

    private func write(_ key: String, _ value: JSONText?, _ expected: Entry?) throws(ScuttleError) -> Outcome {
        try outcome { replica in
            withText(key) { key, keyCount in
                withText(value?.bytes ?? []) { text, count in
                    withText(expected?.timestamp.source ?? "") { source, sourceCount in
                        var view = scuttle_entry_t()
                        (view.source, view.source_len) = (source, sourceCount)
                        view.version = expected?.timestamp.version ?? 0
                        return scuttle_set_if(replica, key, keyCount, value == nil ? nil : text, count, &view)
                    }
                }
            }
        }
    }
}
