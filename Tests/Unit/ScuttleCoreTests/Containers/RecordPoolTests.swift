import Testing

@testable import ScuttleCore
@testable import ScuttleTesting

@Suite("RecordPool")
struct RecordPoolTests {
    private struct Block {
        let start: UnsafeMutableRawPointer
        let count: Int
        let mark: UInt8

        init(_ start: UnsafeMutableRawPointer, _ count: Int, _ mark: UInt8) {
            (self.start, self.count, self.mark) = (start, count, mark)
            start.initializeMemory(as: UInt8.self, repeating: mark, count: count)
        }

        var isIntact: Bool { UnsafeRawBufferPointer(start: start, count: count).allSatisfy { $0 == mark } }
    }

    private func open() -> RecordPool {
        var pool = RecordPool()
        pool.open()
        return pool
    }

    @Test("A block keeps its bytes, whatever is allocated and freed around it", arguments: 0..<8)
    func blocks(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        let pool = open()
        var blocks: [Block] = []
        let sizes = (0..<random.within(1...6)).map { _ in random.within(1...RecordPool.maxBlockBytes) }
        for step in 0..<8000 {
            // Waves, so that slabs and chunks become full and empty.
            if blocks.isEmpty || random.below(100) < (step / 2000 % 2 == 0 ? 80 : 20) {
                let count = random.pick(sizes)
                guard let start = pool.allocate(count) else { return check(false, "no block of \(count)") }
                check(UInt(bitPattern: start) % 8 == 0, "a block that is not aligned")
                blocks.append(Block(start, count, UInt8(truncatingIfNeeded: step)))
            } else {
                let block = blocks.swapRemove(random.below(blocks.count))
                check(block.isIntact, "a block of \(block.count) was written over")
                RecordPool.free(block.start)
            }
        }
        check(blocks.allSatisfy(\.isIntact), "a block was written over")
        for block in blocks { RecordPool.free(block.start) }
        let chunks = pool.chunkCount
        #expect(chunks == 1, "all but one are given back")
    }

    @Test("It uses little more memory than its blocks, and reuses freed memory for other sizes")
    func economy() {
        let pool = open()
        var starts: [UnsafeMutableRawPointer] = []
        for count in [96, 40, 512] {
            starts = (0..<50_000).compactMap { _ in pool.allocate(count) }
            #expect(starts.count == 50_000)
            let full = pool.chunkCount
            #expect(full * Chunk.bytes < 50_000 * count * 21 / 20 + Chunk.bytes)
            for start in starts { RecordPool.free(start) }
            let empty = pool.chunkCount
            #expect(empty == 1)
        }
    }

    @Test("A peer that leaves a few blocks of each size cannot keep much of it idle")
    func survivors() {
        let pool = open()
        var kept: [Block] = []
        var used = 0
        for count in stride(from: 48, through: RecordPool.maxBlockBytes, by: 8) {
            let starts = (0..<12_000).map { _ in pool.allocate(count) }
            for (number, start) in starts.enumerated() {
                guard let start else { continue }
                if number % 300 == 0 {
                    kept.append(Block(start, count, UInt8(count / 8)))
                    used += count
                } else {
                    RecordPool.free(start)
                }
            }
        }
        // As much as was full at the most, as much again, a slab of each size and a chunk.
        let most =
            2 * (12_000 * RecordPool.maxBlockBytes + used) + (RecordPool.maxBlockBytes / Slab.step) * Slab.bytes
            + Chunk.bytes
        let chunks = pool.chunkCount
        check(chunks * Chunk.bytes <= most, "\(chunks) chunks for \(used) bytes")
        check(kept.allSatisfy(\.isIntact), "a block was written over")
        for block in kept { RecordPool.free(block.start) }
        let left = pool.chunkCount
        #expect(left == 1)
    }

    @Test("At the border of a chunk no chunk is allocated and freed with each block")
    func border() {
        let pool = open()
        // All slabs of a chunk but one.
        let perSlab = (Slab.bytes - 128) / 512
        var blocks = (0..<31 * perSlab).compactMap { _ in pool.allocate(512) }
        var counts: Set<Int> = []
        for _ in 0..<5 {
            let pair = [pool.allocate(100), pool.allocate(200)]
            for case let start? in pair { RecordPool.free(start) }
            counts.insert(pool.chunkCount)
        }
        #expect(counts == [2], "the chunk that has become empty is kept")
        for block in blocks { RecordPool.free(block) }
        blocks = []
        let left = pool.chunkCount
        #expect(left == 1)
    }

    @Test("The block freed last is the first to be reused")
    func reuse() throws {
        let pool = open()
        let blocks = [50, 50].compactMap { pool.allocate($0) }
        try #require(blocks.count == 2)
        #expect(blocks[1] - blocks[0] == 56)
        RecordPool.free(blocks[0])
        let others = [56, 57, 49].map { pool.allocate($0) }
        #expect(others[0] == blocks[0])
        #expect(others[1] != blocks[1] + 56, "another size, another slab")
        #expect(others[2] == blocks[1] + 56)
        for case let block? in others + [blocks[1]] { RecordPool.free(block) }
    }

    @Test("It allocates nothing before it is opened, and no long blocks")
    func refusals() throws {
        var pool = RecordPool()
        let early = pool.allocate(1)
        #expect(early == nil)
        pool.open()
        let refused = [0, RecordPool.maxBlockBytes + 1, .max].map { pool.allocate($0) }
        let before = pool.chunkCount
        #expect(refused == [nil, nil, nil])
        #expect(before == 0)
        let longest = pool.allocate(RecordPool.maxBlockBytes)
        RecordPool.free(try #require(longest))
        pool.open()
        let after = pool.chunkCount
        #expect(after == 1, "it was open")
    }

    @Test("Blocks outlive their pool, in any order of freeing", arguments: 0..<4)
    func outliving(seed: Int) {
        var random = TestRandom(seed: UInt64(seed))
        var blocks: [Block] = []
        do {
            let pool = open()
            for number in 0..<9000 {
                let count = random.within(1...RecordPool.maxBlockBytes)
                guard let start = pool.allocate(count) else { return check(false, "no block of \(count)") }
                blocks.append(Block(start, count, UInt8(truncatingIfNeeded: number)))
            }
            for _ in 0..<random.below(9000) { RecordPool.free(blocks.swapRemove(random.below(blocks.count)).start) }
        }
        while !blocks.isEmpty {
            let block = blocks.swapRemove(random.below(blocks.count))
            check(block.isIntact, "a block of \(block.count) was lost")
            RecordPool.free(block.start)
        }
    }

    @Test("A replica's records are in the pool once there are many keys, and are freed by their last owner")
    func replicas() throws {
        let replica = try Replica.make { $0.fewKeys = 10 }
        for number in 0..<10 { try replica.set("k\(number)", "1") }
        check(!replica.pool.isOpen, "few keys, and a pool")
        let value = "\"\(String(repeating: "x", count: 80))\""
        for number in 0..<30_000 { try replica.set("key \(number)", value) }
        check(replica.pool.chunkCount > 1, "many keys, and no pool")
        for number in 0..<30_000 { try replica.delete("key \(number)") }
        _ = try replica.purge()
        check(replica.keys.records.count == 10, "\(replica.keys.records.count) records")
        check(
            replica.pool.chunkCount <= 2,
            "\(replica.pool.chunkCount) chunks for ten keys, and not one and the spare one")
        check(try replica.value("k3") == "1", "it is what it was")
    }
}

extension Array {
    /// Removes an element and moves the last one to its index.
    fileprivate mutating func swapRemove(_ place: Int) -> Element {
        swapAt(place, count - 1)
        return removeLast()
    }
}
