/// The plan of a man in the middle, and of the repair of the links at the end.
struct Middle {
    /// He disturbs one line in this many.
    let oneIn: Int
    /// The step in which he starts.
    let after: Int
    /// Whether his links stay open and gossip again and again; otherwise new links are opened.
    let leavesLinks: Bool
    /// Whether the third replica starts, empty, after he has gone.
    let joinsLate: Bool

    init(_ random: inout Random) {
        oneIn = random.pick([2, 5, 20, 60])
        after = random.pick([0, 20, 60])
        leavesLinks = random.oneIn(2)
        joinsLate = random.oneIn(3)
    }
}
