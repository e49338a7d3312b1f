/// What a man in the middle does, and how the links are good again in the end.
struct Middle {
    /// One line in so many does not come as it was sent.
    let oneIn: Int
    /// The step from which on he is there.
    let after: Int
    /// He leaves the links open, and they are asked on again and again; otherwise new ones are opened.
    let leavesLinks: Bool
    /// The third replica begins, empty, when he has gone.
    let joinsLate: Bool

    init(_ random: inout Random) {
        oneIn = random.pick([2, 5, 20, 60])
        after = random.pick([0, 20, 60])
        leavesLinks = random.oneIn(2)
        joinsLate = random.oneIn(3)
    }
}
