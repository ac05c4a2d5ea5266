import Testing

@testable import Serve

/// How long a queue may be: a burst may be long, a queue that stands may not.
@Suite struct WaitLimits {
    private static let millisecond: UInt64 = 1_000_000
    private static let longest = 5_000 * millisecond

    /// Observes runs of ten milliseconds, one after the other, that waited so many milliseconds.
    private static func limit(_ waits: [UInt64], _ limit: inout WaitLimit, from start: UInt64 = 1) -> UInt64 {
        for (index, wait) in waits.enumerated() {
            limit.observe(
                wait: wait * millisecond, cost: 10 * millisecond, at: (start + UInt64(index) * 10) * millisecond)
        }
        return limit.nanoseconds(longest: longest) / millisecond
    }

    @Test func aQueueThatIsShortNowAndThenIsABurst() {
        var limit = WaitLimit()
        let waits = (0..<100).map { UInt64($0 % 5 == 0 ? 0 : 500) }
        #expect(Self.limit(waits, &limit) == 5_000)
    }

    @Test func aQueueThatStandsIsHeldToAFewRuns() {
        var limit = WaitLimit()
        #expect(Self.limit((0..<20).map { UInt64($0 * 20) }, &limit) == 40)
        #expect(limit.isShort)
    }

    @Test func itStaysShortWhileTheQueueStandsAtItsLimit() {
        var limit = WaitLimit()
        _ = Self.limit((0..<20).map { UInt64($0 * 20) }, &limit)
        #expect(Self.limit(Array(repeating: 35, count: 200), &limit, from: 300) == 40)
    }

    @Test func itIsLongAgainOnceTheQueueWasNearlyEmpty() {
        var limit = WaitLimit()
        _ = Self.limit((0..<20).map { UInt64($0 * 20) }, &limit)
        #expect(Self.limit([400, 200, 30, 5], &limit, from: 300) == 5_000)
    }

    @Test func itIsNeverShorterThanTheFloorNorLongerThanAllowed() {
        var quick = WaitLimit()
        for step in 0..<200 as Range<UInt64> {
            quick.observe(wait: 100 * Self.millisecond, cost: 1000, at: (step + 1) * Self.millisecond)
        }
        #expect(quick.nanoseconds(longest: Self.longest) == WaitLimit.floor)
        #expect(quick.nanoseconds(longest: 3) == 3)
        var slow = WaitLimit()
        for step in 1..<9 as Range<UInt64> { slow.observe(wait: .max / 2, cost: .max / 2, at: step << 40) }
        #expect(slow.nanoseconds(longest: Self.longest) == Self.longest)
    }

    /// Ten times as much comes as can be run: what is admitted waits a few runs, and nothing less is run for it.
    @Test func underTenfoldLoadWaitsStayShortAndTheThreadBusy() throws {
        typealias Queue = RunQueue<Int>
        var queue = Queue(threads: 1, capacity: 100_000, longestWait: Self.longest)
        let run = 10 * Self.millisecond
        var (done, refused, waits) = (0, [UInt64: Int](), [UInt64]())
        for step in 0..<10_000 as Range<UInt64> {
            let now = (step + 1) * Self.millisecond
            // One client floods, another one asks every tenth of a second.
            let client: UInt64 = step > 2_000 && step % 100 == 50 ? 2 : 1
            do {
                try queue.submit(
                    Queue.Entry(
                        item: 0, id: step, lane: 1, group: .alone, rows: 1, client: client,
                        priority: 5, arrival: now, deadline: .max, cost: run), .off)
            } catch {
                refused[client, default: 0] += 1
            }
            guard step % 10 == 0, case .run(let batch) = queue.next(at: now) else { continue }
            queue.finished(batch)
            done += batch.entries.count
            waits += batch.entries.map { now - $0.arrival }
        }
        #expect(done == 1000, "the thread never runs dry")
        #expect(refused[1] ?? 0 > 8_500 && refused[2] == nil, "\(refused)")
        #expect(waits.suffix(800).max() ?? .max <= 6 * run, "\(waits.suffix(800).max() ?? 0)")
    }
}
