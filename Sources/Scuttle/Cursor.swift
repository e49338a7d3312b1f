internal import CScuttle

/// A position in the changes of a replica. The host keeps it; the replica keeps nothing for it, so there may be any number of cursors.
///
/// It belongs to one incarnation of the replica.
public struct Cursor: Hashable, Sendable {
    /// The incarnation, as a number.
    public let incarnation: UInt64
    /// The position.
    public let position: UInt64

    /// The beginning.
    public static let beginning = Cursor(incarnation: 0, position: 0)

    /// Makes a cursor of the members of another one.
    public init(incarnation: UInt64, position: UInt64) {
        self.incarnation = incarnation
        self.position = position
    }

    init(_ view: scuttle_cursor_t) {
        self.init(incarnation: view.incarnation, position: view.position)
    }

    var view: scuttle_cursor_t { scuttle_cursor_t(incarnation: incarnation, position: position) }
}
