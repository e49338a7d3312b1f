/// A position in the changes of a replica, as a watcher or a saver keeps it. The replica keeps nothing for it.
public struct Cursor: Equatable {
    /// The incarnation that the position belongs to; 0: the beginning.
    public var incarnation: UInt64
    /// The latest sequence that was passed.
    public var position: UInt64

    public init(incarnation: UInt64 = 0, position: UInt64 = 0) {
        (self.incarnation, self.position) = (incarnation, position)
    }

    var isStart: Bool { self == Cursor() }
}
