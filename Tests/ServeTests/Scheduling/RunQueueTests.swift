import Testing

@testable import Serve

/// What runs next, decided without threads or clocks.
@Suite struct RunQueues {
    typealias Queue = RunQueue<Int>

    static let batches: BatchingPolicy = {
        var policy = BatchingPolicy()
        policy.maximumRows = 8
        return policy
    }()

    static func entry(
        _ id: UInt64, lane: UInt64 = 1, width: Int = 4, rows: Int = 1, client: UInt64 = 0, priority: Int = 5,
        arrival: UInt64 = 0, deadline: UInt64 = .max, cost: UInt64 = 10
    ) -> Queue.Entry {
        Queue.Entry(
            item: Int(id), id: id, lane: lane, group: Queue.Group(rowShapes: [[width]]), rows: rows, client: client,
            priority: priority, arrival: arrival, deadline: deadline, cost: cost)
    }

    struct Missing: Error { var what: String }

    /// The ids of the next batch; `nil` when there is none now.
    private func next(_ queue: inout Queue, at now: UInt64 = 0) -> [UInt64]? {
        guard case .run(let batch) = queue.next(at: now) else { return nil }
        queue.finished(batch)
        return batch.entries.map(\.id)
    }

    @Test func withoutBatchesEachRunsByItself() throws {
        var queue = Queue(threads: 1, capacity: 10)
        for id in 1...3 { try queue.submit(Self.entry(UInt64(id)), .off) }
        #expect(next(&queue) == [1] && next(&queue) == [2] && next(&queue) == [3])
        #expect(next(&queue) == nil && queue.waiting == 0)
    }

    @Test func clientsTakeTurnsWhereNothingSharesARun() throws {
        var queue = Queue(threads: 1, capacity: 10)
        for (id, client) in [(1, 1), (2, 1), (3, 1), (4, 2)] as [(UInt64, UInt64)] {
            var entry = Self.entry(id, client: client, arrival: id)
            entry.group = .alone
            try queue.submit(entry, Self.batches)
        }
        #expect((1...4).map { _ in next(&queue) ?? [] } == [[1], [4], [2], [3]])
    }

    /// Versions come and go: those that nobody asks for leave nothing behind that counts.
    @Test func manyVersionsAfterOneAnotherAreServed() throws {
        var queue = Queue(threads: 1, capacity: 10)
        for lane in 0..<200 as Range<UInt64> {
            try queue.submit(Self.entry(2 * lane, lane: lane), .off)
            try queue.submit(Self.entry(2 * lane + 1, lane: lane / 2), .off)
            // The one that stays behind is served later, whatever was forgotten meanwhile.
            #expect(next(&queue) != nil)
            if lane % 8 == 7 { while next(&queue) != nil {} }
        }
        #expect(queue.waiting == 0 && queue.expectedWait(lane: 7, .off) == 0)
    }

    @Test func onlyEqualShapesShareARun() throws {
        var queue = Queue(threads: 1, capacity: 10)
        for (id, width) in [(1, 4), (2, 5), (3, 4), (4, 5), (5, 4)] as [(UInt64, Int)] {
            try queue.submit(Self.entry(id, width: width, arrival: id), Self.batches)
        }
        #expect(next(&queue) == [1, 3, 5])
        #expect(next(&queue) == [2, 4])
    }

    @Test func batchesAreNoLargerThanAllowed() throws {
        var queue = Queue(threads: 1, capacity: 10)
        for (id, rows) in [(1, 3), (2, 4), (3, 2), (4, 100), (5, 1)] as [(UInt64, Int)] {
            try queue.submit(Self.entry(id, rows: rows), Self.batches)
        }
        #expect(next(&queue) == [1, 2])
        #expect(next(&queue) == [3])
        #expect(next(&queue) == [4], "one that is too large by itself runs by itself")
        #expect(next(&queue) == [5])
    }

    @Test func aDelayWaitsForMoreButNotPastADeadline() throws {
        var policy = Self.batches
        policy.delay = 100
        var queue = Queue(threads: 1, capacity: 20)
        try queue.submit(Self.entry(1, arrival: 50), policy)
        guard case .wait(until: 150) = queue.next(at: 60) else { throw Missing(what: "it should wait until 150") }
        try queue.submit(Self.entry(2, rows: 7, arrival: 70), policy)
        #expect(next(&queue, at: 70) == [1, 2], "the batch is full")
        try queue.submit(Self.entry(3, arrival: 200), policy)
        try queue.submit(Self.entry(4, arrival: 250), policy)
        #expect(next(&queue, at: 299) == nil)
        #expect(next(&queue, at: 300) == [3, 4], "the first has waited long enough")
        try queue.submit(Self.entry(5, arrival: 400, deadline: 450, cost: 20), policy)
        guard case .wait(until: 430) = queue.next(at: 410) else { throw Missing(what: "it should wait until 430") }
        #expect(next(&queue, at: 430) == [5])
    }

    @Test func preferredSizesAreFilled() throws {
        var policy = Self.batches
        policy.preferredRows = [2, 4]
        var queue = Queue(threads: 1, capacity: 20)
        for id in 1...7 { try queue.submit(Self.entry(UInt64(id)), policy) }
        #expect(next(&queue) == [1, 2, 3, 4])
        #expect(next(&queue) == [5, 6])
        #expect(next(&queue) == [7], "without a delay nothing waits for company")
    }

    @Test func versionsShareThreadsByTimeNotByNumber() throws {
        var queue = Queue(threads: 1, capacity: 10_000)
        var counts: [UInt64: Int] = [:]
        for id in 1...2000 {
            try queue.submit(Self.entry(UInt64(id), lane: 1, cost: 1000), .off)
            try queue.submit(Self.entry(UInt64(id + 5000), lane: 2, cost: 100), .off)
        }
        for _ in 0..<1100 {
            guard case .run(let batch) = queue.next(at: 0) else { break }
            counts[batch.lane, default: 0] += 1
            queue.finished(batch)
        }
        #expect(counts[1].map { (95...105).contains($0) } == true, "\(counts)")
    }

    @Test func anIdleVersionSavesNothingUp() throws {
        var queue = Queue(threads: 1, capacity: 1000)
        for id in 1...100 { try queue.submit(Self.entry(UInt64(id), lane: 1, cost: 100), .off) }
        for _ in 0..<50 { _ = next(&queue) }
        for id in 101...200 { try queue.submit(Self.entry(UInt64(id), lane: 2, cost: 100), .off) }
        var lanes: [UInt64] = []
        for _ in 0..<20 {
            guard case .run(let batch) = queue.next(at: 0) else { break }
            lanes.append(batch.lane)
            queue.finished(batch)
        }
        #expect((9...11).contains(lanes.count { $0 == 1 }), "\(lanes)")
    }

    @Test func aVersionHasNoMoreRunsThanItsInstances() throws {
        var policy = BatchingPolicy.off
        policy.instances = 1
        var queue = Queue(threads: 4, capacity: 10)
        for id in 1...2 { try queue.submit(Self.entry(UInt64(id)), policy) }
        guard case .run(let first) = queue.next(at: 0) else { throw Missing(what: "nothing runs") }
        #expect(next(&queue) == nil && queue.waiting == 1)
        queue.finished(first)
        #expect(next(&queue) == [2])
    }

    @Test func theLateAreToldAndNotRun() throws {
        var queue = Queue(threads: 1, capacity: 10)
        try queue.submit(Self.entry(1, deadline: 20), Self.batches)
        try queue.submit(Self.entry(2), Self.batches)
        guard case .run(let batch) = queue.next(at: 20) else { throw Missing(what: "nothing runs") }
        #expect(batch.late.map(\.id) == [1] && batch.entries.map(\.id) == [2])
    }

    @Test func whoWouldWaitTooLongIsToldAtOnce() throws {
        var queue = Queue(threads: 2, capacity: 5, longestWait: 100)
        try queue.submit(Self.entry(1, cost: 1_000_000), .off)
        // Nothing waits behind a run: it is taken in, whatever was expected.
        guard case .run(let running) = queue.next(at: 0) else { throw Missing(what: "nothing runs") }
        try queue.submit(Self.entry(2, cost: 150), .off)
        #expect(queue.expectedWait(lane: 1, .off) == 75)
        try queue.submit(Self.entry(3, cost: 100), .off)
        #expect(throws: Queue.Refusal.overloaded(wait: 125)) { try queue.submit(Self.entry(4, cost: 1), .off) }
        queue.remove(id: 3, lane: 1, group: Queue.Group(rowShapes: [[4]]), client: 0, priority: 5)
        #expect(throws: Queue.Refusal.overloaded(wait: 75)) {
            try queue.submit(Self.entry(5, deadline: 75, cost: 1), .off)
        }
        for id in 6...8 { try queue.submit(Self.entry(UInt64(id), cost: 1), .off) }
        #expect(queue.waiting == 4)
        try queue.submit(Self.entry(9, cost: 1), .off)
        #expect(throws: Queue.Refusal.full) { try queue.submit(Self.entry(10, cost: 1), .off) }
        queue.finished(running)
    }

    /// Whatever comes, whatever leaves: each request goes one way and one way only.
    @Test(arguments: 0..<50)
    func everyRequestLeavesOnce(seed: Int) throws {
        var random = Seeded(state: UInt64(seed))
        var policies: [BatchingPolicy] = [.off, Self.batches, Self.batches]
        policies[2].delay = 40
        policies[2].preferredRows = [3, 6]
        policies[1].instances = 1
        var queue = Queue(threads: 2, capacity: 30)
        var waiting: [UInt64: Queue.Entry] = [:]
        var running: [Queue.Batch] = []
        var gone: Set<UInt64> = []
        for step in 1...2000 {
            let now = UInt64(step * 5)
            switch random.next() % 6 {
            case 0, 1, 2:
                let lane = random.next() % 3
                let entry = Self.entry(
                    UInt64(step), lane: lane, width: Int(random.next() % 2), rows: Int(random.next() % 5) + 1,
                    client: random.next() % 4, priority: Int(random.next() % 3) + 1, arrival: now,
                    deadline: now + random.next() % 400, cost: random.next() % 20)
                if (try? queue.submit(entry, policies[Int(lane)])) != nil { waiting[entry.id] = entry }
            case 3:
                guard let entry = waiting.values.min(by: { $0.id < $1.id }) else { continue }
                let removed = queue.remove(
                    id: entry.id, lane: entry.lane, group: entry.group, client: entry.client, priority: entry.priority)
                #expect(removed?.id == entry.id)
                waiting[entry.id] = nil
            case 4 where running.count < 2:
                guard case .run(let batch) = queue.next(at: now) else { continue }
                running.append(batch)
                let policy = policies[Int(batch.lane)]
                #expect(batch.entries.count <= 1 || batch.entries.reduce(0) { $0 + $1.rows } <= policy.maximumRows)
                #expect(Set(batch.entries.map(\.group)).count <= 1)
                for entry in batch.entries + batch.late {
                    #expect(waiting.removeValue(forKey: entry.id) != nil && gone.insert(entry.id).inserted)
                }
                #expect(batch.late.allSatisfy { $0.deadline <= now } && batch.entries.allSatisfy { $0.deadline > now })
            default:
                guard !running.isEmpty else { continue }
                queue.finished(running.removeFirst())
            }
            #expect(queue.waiting == waiting.count)
        }
        for batch in running { queue.finished(batch) }
        var now: UInt64 = 10_000
        while !waiting.isEmpty {
            now += 1000
            guard case .run(let batch) = queue.next(at: now) else { throw Missing(what: "\(waiting.count) are stuck") }
            for entry in batch.entries + batch.late { waiting[entry.id] = nil }
            queue.finished(batch)
        }
        #expect(queue.waiting == 0 && (0..<3).allSatisfy { queue.expectedWait(lane: $0, .off) == 0 })
    }

    /// Source: SplitMix64 (Steele, Lea and Flood, 2014).
    private struct Seeded {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
