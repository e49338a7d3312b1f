/// A B+ tree from versions to items, with 64 entries a node: items in the leaves, the lowest version of each child above.
///
/// What is appended goes straight to the last leaf: O(1) amortised. Insert, remove and seek: O(log n). A node with fewer
/// than 16 entries joins a neighbour where both fit with room to spare.
final class VersionTree<Item: BitwiseCopyable> {
    private var root: TreeNode?
    /// Levels above the leaves.
    private var height = 0
    private var lastLeaf: TreeNode?
    /// No version is above it.
    private var bound: Version = 0

    deinit {
        if let root { free(root, height) }
    }

    func insert(_ version: Version, _ item: Item) {
        if version > bound, let lastLeaf, lastLeaf.count < TreeNode.capacity {
            _ = lastLeaf.put(version, item, at: lastLeaf.count)
            bound = version
            return
        }
        let top = root ?? TreeNode(holding: Item.self)
        root = top
        if let sibling = insert(version, item, into: top, height) {
            let above = TreeNode(holding: TreeNode.self)
            _ = above.put(top.versions[0], top, at: 0)
            _ = above.put(sibling.versions[0], sibling, at: 1)
            root = above
            height += 1
        }
        bound = max(bound, version)
        lastLeaf = rightmostLeaf()
    }

    /// Takes out the item of a version, where there is one.
    func remove(_ version: Version) {
        guard var top = root, remove(version, from: top, height) else { return }
        while height > 0, top.count == 1 {
            let child = top.children[0]
            top.deallocate()
            top = child
            height -= 1
        }
        root = top
        lastLeaf = rightmostLeaf()
    }

    /// Visits the items above a version in ascending order. O(log n + items found).
    func forEach(above version: Version, _ visit: (Item) -> Void) {
        if let root { walk(root, height, above: version, visit) }
    }

    private func rightmostLeaf() -> TreeNode? {
        guard var node = root else { return nil }
        for _ in 0..<height { node = node.children[node.count - 1] }
        return node
    }

    /// Returns the node that stands behind this one now, where it has been split.
    private func insert(_ version: Version, _ item: Item, into node: TreeNode, _ level: Int) -> TreeNode? {
        if level == 0 { return node.put(version, item, at: node.firstPlace(above: version)) }
        let place = node.child(of: version)
        node.versions[place] = min(node.versions[place], version)
        guard let sibling = insert(version, item, into: node.children[place], level - 1) else { return nil }
        return node.put(sibling.versions[0], sibling, at: place + 1)
    }

    private func remove(_ version: Version, from node: TreeNode, _ level: Int) -> Bool {
        guard level > 0 else {
            let place = node.firstPlace(above: version) - 1
            guard place >= 0, node.versions[place] == version else { return false }
            node.close(Item.self, at: place)
            return true
        }
        let place = node.child(of: version)
        guard remove(version, from: node.children[place], level - 1) else { return false }
        mend(node, place, level)
        return true
    }

    /// A child has lost an entry: an empty one goes, a small one joins a neighbour.
    private func mend(_ node: TreeNode, _ place: Int, _ level: Int) {
        let child = node.children[place]
        if child.count == 0 {
            child.deallocate()
            node.close(TreeNode.self, at: place)
        } else if child.count < TreeNode.capacity / 4, !join(node, place, level) {
            _ = join(node, place - 1, level)
        }
    }

    /// Joins the child behind `place` on to the one there, unless the two are too large.
    private func join(_ node: TreeNode, _ place: Int, _ level: Int) -> Bool {
        guard place >= 0, place + 1 < node.count else { return false }
        let (left, right) = (node.children[place], node.children[place + 1])
        guard left.count + right.count <= TreeNode.capacity * 3 / 4 else { return false }
        if level == 1 { left.take(Item.self, from: right) } else { left.take(TreeNode.self, from: right) }
        right.deallocate()
        node.close(TreeNode.self, at: place + 1)
        return true
    }

    private func walk(_ node: TreeNode, _ level: Int, above version: Version, _ visit: (Item) -> Void) {
        if level == 0 {
            for place in node.firstPlace(above: version)..<node.count { visit(node.items(Item.self)[place]) }
        } else {
            for place in node.child(of: version)..<node.count {
                walk(node.children[place], level - 1, above: version, visit)
            }
        }
    }

    private func free(_ node: TreeNode, _ level: Int) {
        if level > 0 { for place in 0..<node.count { free(node.children[place], level - 1) } }
        node.deallocate()
    }
}
