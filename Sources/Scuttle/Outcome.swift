/// The outcome of a successful call. The raw value is the code of the C interface.
public enum Outcome: Int32, Hashable, Sendable {
    /// Done.
    case done = 0

    /// Done, and a link is full, because its peer is behind. This is backpressure: later calls still work and drop nothing.
    /// ``Configuration/onDrain`` follows once every link has drained. See ``Configuration/mtu``.
    case full = 1

    /// Done, but the text is truncated: its last line is cut, or the end of an export is missing. Only from
    /// ``Replica/import(_:)``.
    case truncated = 3

    /// Done, but the cursor could not be followed, so this is everything: see ``Replica/visitChanges(since:prefix:_:)``.
    case gap = 4

    /// Done in part: call again with the same time or a later one. Only from ``Replica/tick(milliseconds:)``.
    case more = 5

    /// Not done: the key has another entry than the expected one. Only from ``Replica/set(_:to:ifEntryIs:)`` and
    /// ``Replica/remove(_:ifEntryIs:)``.
    case conflict = 6
}
