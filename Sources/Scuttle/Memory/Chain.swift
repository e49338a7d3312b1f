/// A list that runs through its members, so that any of them can leave it at once. It owns nothing. Each step: O(1).
struct Chain {
    /// What a member begins with.
    struct Node {
        fileprivate var previous: UnsafeMutablePointer<Node>?
        fileprivate var next: UnsafeMutablePointer<Node>?
    }

    private(set) var first: UnsafeMutablePointer<Node>?

    mutating func push(_ node: UnsafeMutablePointer<Node>) {
        node.pointee = Node(previous: nil, next: first)
        first?.pointee.previous = node
        first = node
    }

    mutating func remove(_ node: UnsafeMutablePointer<Node>) {
        let (previous, next) = (node.pointee.previous, node.pointee.next)
        if let previous { previous.pointee.next = next } else { first = next }
        next?.pointee.previous = previous
        node.pointee = Node()
    }
}
