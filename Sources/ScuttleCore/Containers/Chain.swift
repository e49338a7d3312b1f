/// An intrusive list: its links lie in its members, so any member can leave in O(1). The list owns nothing.
struct Chain<Member: Chained> {
    /// The neighbours of a member in its list.
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

/// A type whose values can be in one chain at a time.
protocol Chained {
    var links: Chain<Self>.Links { get set }
}
