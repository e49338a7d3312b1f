/// A node of a `VersionTree`: up to 64 versions in ascending order, and as many items or children beside them.
struct TreeNode {
    static var capacity: Int { 64 }

    private let memory: UnsafeMutableRawPointer

    private static var itemStart: Int { 16 + capacity * MemoryLayout<Version>.stride }

    init<Item>(holding: Item.Type) {
        memory = .allocate(byteCount: Self.itemStart + Self.capacity * MemoryLayout<Item>.stride, alignment: 16)
        count = 0
    }

    func deallocate() {
        memory.deallocate()
    }

    var count: Int {
        get { memory.load(as: Int.self) }
        nonmutating set { memory.storeBytes(of: newValue, as: Int.self) }
    }

    var versions: UnsafeMutablePointer<Version> {
        (memory + 16).assumingMemoryBound(to: Version.self)
    }

    func items<Item>(_: Item.Type) -> UnsafeMutablePointer<Item> {
        (memory + Self.itemStart).assumingMemoryBound(to: Item.self)
    }

    var children: UnsafeMutablePointer<TreeNode> { items(TreeNode.self) }

    /// The first place whose version is above `version`. O(log 64).
    func firstPlace(above version: Version) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if versions[middle] > version { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The child under which a version is, or would be.
    func child(of version: Version) -> Int {
        max(firstPlace(above: version) - 1, 0)
    }

    /// Puts an item at a place; where the node is full, its upper half goes to a new node, which is returned. At the end of a
    /// full node nothing moves: in what is only appended to all nodes stay full.
    func put<Item>(_ version: Version, _ item: Item, at place: Int) -> TreeNode? {
        guard count == Self.capacity else {
            open(version, item, at: place)
            return nil
        }
        let sibling = TreeNode(holding: Item.self)
        let cut = place == count ? place : Self.capacity / 2
        sibling.take(Item.self, from: self, at: cut)
        if place > cut || place == Self.capacity {
            sibling.open(version, item, at: place - cut)
        } else {
            open(version, item, at: place)
        }
        return sibling
    }

    private func open<Item>(_ version: Version, _ item: Item, at place: Int) {
        (versions + place + 1).update(from: versions + place, count: count - place)
        (items(Item.self) + place + 1).update(from: items(Item.self) + place, count: count - place)
        versions[place] = version
        items(Item.self)[place] = item
        count += 1
    }

    /// Takes an item out.
    func close<Item>(_: Item.Type, at place: Int) {
        count -= 1
        (versions + place).update(from: versions + place + 1, count: count - place)
        (items(Item.self) + place).update(from: items(Item.self) + place + 1, count: count - place)
    }

    /// Moves what another node has from a place on to the end of this one.
    func take<Item>(_: Item.Type, from other: TreeNode, at place: Int = 0) {
        let moved = other.count - place
        (versions + count).update(from: other.versions + place, count: moved)
        (items(Item.self) + count).update(from: other.items(Item.self) + place, count: moved)
        count += moved
        other.count = place
    }
}
