/// The names of the members of all objects that are open at one place of a text, so that doubles are noticed.
///
/// Names of one object are compared pair by pair, which for a few costs less than a table. It lives in room that its owner
/// lends.
struct MemberNames {
    struct Name {
        let text: Bytes
        /// How deep its object is nested.
        let depth: Int
    }

    /// The most that it holds. With more, jansson's hash table is the better way.
    static var capacity: Int { 32 }

    private let room: UnsafeMutableBufferPointer<Name>
    private var count = 0

    /// - Parameter room: for `capacity` names.
    init(in room: UnsafeMutableBufferPointer<Name>) {
        self.room = room
    }

    /// Adds a name of the innermost open object; false if that has it already, or if there is no room. O(names).
    mutating func insert(_ text: Bytes, depth: Int) -> Bool {
        guard count < room.count else { return false }
        var index = count
        while index > 0, case let other = room[index &- 1], other.depth == depth {
            guard !other.text.equals(text) else { return false }
            index &-= 1
        }
        room.initializeElement(at: count, to: Name(text: text, depth: depth))
        count &+= 1
        return true
    }

    /// Forgets the names of the innermost open object, which closes.
    mutating func removeAll(atDepth depth: Int) {
        while count > 0, room[count &- 1].depth == depth { count &-= 1 }
    }
}
