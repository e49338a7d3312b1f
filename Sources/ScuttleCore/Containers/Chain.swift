/// A list that runs through its members, so that any of them can leave it at once. It owns nothing. Each step: O(1).
struct Chain<Member: Chained> {
    /// Where a member stands in its list.
    struct Links {
        fileprivate var previous: UnsafeMutablePointer<Member>?
        fileprivate var next: UnsafeMutablePointer<Member>?
    }

    private(set) var first: UnsafeMutablePointer<Member>?

    mutating func push(_ member: UnsafeMutablePointer<Member>) {
        member.pointee.links = Links(previous: nil, next: first)
        first?.pointee.links.previous = member
        first = member
    }

    mutating func remove(_ member: UnsafeMutablePointer<Member>) {
        let links = member.pointee.links
        if let previous = links.previous { previous.pointee.links.next = links.next } else { first = links.next }
        links.next?.pointee.links.previous = links.previous
        member.pointee.links = Links()
    }
}

/// What can stand in a chain, one at a time.
protocol Chained {
    var links: Chain<Self>.Links { get set }
}
