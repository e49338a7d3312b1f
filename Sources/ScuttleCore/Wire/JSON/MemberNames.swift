/// The names of the members of all open objects of a text, to detect duplicates.
///
/// Names of one object are compared pairwise, which for few names costs less than a table. The owner lends the memory.
struct MemberNames {
    struct Name {
        let text: Bytes
        /// The depth of the name's object.
        let depth: Int
    }

    /// The limit of names. With more, jansson's hash table is faster.
    static var capacity: Int { 32 }

    private let memory: UnsafeMutableBufferPointer<Name>
    private var count = 0

    /// - Parameter memory: uninitialised memory for `capacity` names.
    init(in memory: UnsafeMutableBufferPointer<Name>) {
        self.memory = memory
    }

    /// Adds a name of the innermost open object; false if it is a duplicate, or if the capacity is used up. O(names).
    mutating func insert(_ text: Bytes, depth: Int) -> Bool {
        guard count < memory.count else { return false }
        var index = count
        while index > 0, case let other = memory[index &- 1], other.depth == depth {
            guard !other.text.equals(text) else { return false }
            index &-= 1
        }
        memory.initializeElement(at: count, to: Name(text: text, depth: depth))
        count &+= 1
        return true
    }

    /// Removes the names of the innermost open object, which closes.
    mutating func removeAll(atDepth depth: Int) {
        while count > 0, memory[count &- 1].depth == depth { count &-= 1 }
    }
}
