/// What waits for a run, of every version, and what runs next.
///
/// It decides and nothing else: time is an argument, threads are its owner's. Versions share the threads by the time
/// their runs take (start-time fair queueing), so that a version with long runs does not starve one with short runs.
/// Within a version `FairQueue` decides; requests of one shape may leave together, as far as the policy says.
///
/// Source: P. Goyal, H. Vin, H. Cheng, "Start-time fair queueing", 1996.
struct RunQueue<Item> {
    /// Requests that may share a run: of equal row shapes, for the same outputs.
    struct Group: Hashable {
        /// The shape of a row of each input.
        var rowShapes: [[Int]] = []
        /// Positions of the outputs asked for.
        var outputs: [Int] = []
        /// Not 0 for what runs by itself.
        var alone: UInt64 = 0
    }

    /// One request.
    struct Entry {
        let item: Item
        /// Tells it apart among all that wait.
        let id: UInt64
        /// The version it is for.
        let lane: UInt64
        let group: Group
        let rows: Int
        /// Whom it is for.
        let client: UInt64
        /// Lower is more urgent.
        let priority: Int
        /// Nanoseconds on the clock of all times here.
        let arrival: UInt64
        /// After this nobody wants the answer.
        let deadline: UInt64
        /// Nanoseconds that its run is expected to take.
        let cost: UInt64
    }

    /// What to do next.
    enum Step {
        case run(Batch)
        /// Nothing, until something is submitted or finished, or until this time.
        case wait(until: UInt64?)
    }

    /// What runs as one.
    struct Batch {
        let lane: UInt64
        /// In the order in which they were taken.
        var entries: [Entry] = []
        /// Too late to be run; to be told so.
        var late: [Entry] = []
        var cost: UInt64 { entries.reduce(0) { $0 &+ $1.cost } }
    }

    /// Why something is not taken in.
    enum Refusal: Error, Hashable {
        /// As many wait as may.
        case full
        /// It would wait this many nanoseconds: longer than anybody should, or than its deadline allows.
        case overloaded(wait: UInt64)
    }

    private struct Line {
        var queue = FairQueue<Entry>()
        var rows = 0
        /// Since when the request whose turn it is waits.
        var since: UInt64 = 0
    }

    private struct Lane {
        var policy: BatchingPolicy
        var lines: [Group: Line] = [:]
        var running = 0
        /// The virtual time at which its next run starts.
        var start: UInt64
        var waiting = 0
        /// Of what waits.
        var cost: UInt64 = 0
        var limit = WaitLimit()
        /// Requests that wait, by client.
        var clients: [UInt64: Int] = [:]
    }

    /// Threads that run.
    let threads: Int
    /// Requests that may wait.
    let capacity: Int
    /// Nanoseconds that a request may be expected to wait.
    let longestWait: UInt64
    private var lanes: [UInt64: Lane] = [:]
    private var virtualTime: UInt64 = 0
    /// Of what waits and what runs.
    private var backlog: UInt64 = 0

    /// Requests that wait.
    private(set) var waiting = 0

    init(threads: Int, capacity: Int, longestWait: UInt64 = .max) {
        self.threads = max(1, threads)
        self.capacity = capacity
        self.longestWait = longestWait
    }
}

// MARK: - Coming in

extension RunQueue {
    /// Takes in a request, or says at once that it would come to nothing.
    ///
    /// - Parameters:
    ///   - policy: that of the entry's lane; the latest counts.
    ///   - isAdmitted: whether it continues what was let in before.
    mutating func submit(_ entry: Entry, _ policy: BatchingPolicy, isAdmitted: Bool = false) throws(Refusal) {
        if !isAdmitted {
            try admit(
                lane: entry.lane, client: entry.client, policy, arrival: entry.arrival, deadline: entry.deadline)
        }
        let id = entry.lane
        lanes[id, default: Lane(policy: policy, start: virtualTime)].policy = policy
        lanes[id]?.lines[entry.group, default: Line(since: entry.arrival)].rows += entry.rows
        lanes[id]?.lines[entry.group]?.queue.append(entry, client: entry.client, priority: entry.priority)
        lanes[id]?.waiting += 1
        lanes[id]?.clients[entry.client, default: 0] += 1
        lanes[id]?.cost &+= entry.cost
        waiting += 1
        backlog &+= entry.cost
    }

    /// Whether a request for a lane that comes now may wait, and is expected to have its turn by its deadline.
    func admit(
        lane: UInt64, client: UInt64, _ policy: BatchingPolicy, arrival: UInt64, deadline: UInt64
    ) throws(Refusal) {
        guard waiting < capacity else { throw .full }
        guard waiting > 0 else { return }
        let wait = try admit(lane: lane, client: client, policy)
        let (end, overflow) = arrival.addingReportingOverflow(wait)
        guard !overflow, end < deadline else { throw .overloaded(wait: wait) }
    }

    /// Nanoseconds that a new request of a lane is expected to wait.
    ///
    /// - Throws: `Refusal.overloaded` when that is longer than one may now. A client of whom nothing waits may wait twice
    ///   as long as one who fills the queue: it has its turn soon, and is not to be refused for the other's sake.
    @discardableResult
    func admit(lane: UInt64, client: UInt64, _ policy: BatchingPolicy) throws(Refusal) -> UInt64 {
        let wait = expectedWait(lane: lane, policy)
        var limit = longestWait
        if let found = lanes[lane], found.limit.isShort {
            let isNew = found.clients[client] == nil
            let (twice, overflow) = found.limit.nanoseconds(longest: longestWait).multipliedReportingOverflow(
                by: isNew ? 2 : 1)
            limit = overflow ? longestWait : min(longestWait, twice)
        }
        guard wait <= limit else { throw .overloaded(wait: wait) }
        return wait
    }

    /// Nanoseconds that a new request of a lane is expected to wait: its lane's share of the threads decides, and how
    /// many runs the lane may have at a time.
    func expectedWait(lane: UInt64, _ policy: BatchingPolicy) -> UInt64 {
        let own = lanes[lane]?.cost ?? 0
        let active = UInt64(lanes.values.count { $0.waiting > 0 || $0.running > 0 })
        let (share, overflow) = own.multipliedReportingOverflow(by: max(1, active))
        let everything = backlog / UInt64(threads)
        let fair = overflow ? everything : min(everything, share / UInt64(threads))
        return max(fair, own / UInt64(min(threads, max(1, policy.instances ?? threads))))
    }

    /// Takes out a request that is not wanted any more.
    ///
    /// - Returns: `nil` when it does not wait.
    @discardableResult
    mutating func remove(id: UInt64, lane: UInt64, group: Group, client: UInt64, priority: Int) -> Entry? {
        guard
            let entry = lanes[lane]?.lines[group]?.queue.remove(
                client: client, priority: priority, where: { $0.id == id })
        else { return nil }
        leave(entry)
        settle(lane, group)
        return entry
    }
}

// MARK: - Going out

extension RunQueue {
    /// What a free thread does now.
    mutating func next(at now: UInt64) -> Step {
        var best: (lane: UInt64, group: Group, start: UInt64)?
        var wake: UInt64?
        for (id, lane) in lanes where lane.waiting > 0 && lane.running < (lane.policy.instances ?? threads) {
            switch Self.choose(lane, at: now) {
            case .now(let group):
                if best.map({ (lane.start, id) < ($0.start, $0.lane) }) ?? true { best = (id, group, lane.start) }
            case .at(let time): wake = min(wake ?? .max, time)
            }
        }
        guard let best else { return .wait(until: wake) }
        return .run(take(best.lane, best.group, at: now))
    }

    /// A run of a batch is over.
    mutating func finished(_ batch: Batch) {
        backlog = backlog < batch.cost ? 0 : backlog - batch.cost
        lanes[batch.lane]?.running -= 1
        forgetIfIdle(batch.lane)
    }

    private enum Choice {
        case now(Group)
        case at(UInt64)
    }

    /// The line of a lane whose turn it is, or when there will be one.
    private static func choose(_ lane: Lane, at now: UInt64) -> Choice {
        var best: (group: Group, priority: Int, since: UInt64)?
        var wake = UInt64.max
        for (group, line) in lane.lines {
            guard let first = line.queue.first else { continue }
            let due = dueTime(line, first, lane.policy)
            guard due <= now else {
                wake = min(wake, due)
                continue
            }
            if best.map({ (first.priority, line.since) < ($0.priority, $0.since) }) ?? true {
                best = (group, first.priority, line.since)
            }
        }
        return best.map { .now($0.group) } ?? .at(wake)
    }

    /// When a line should run: at once, or when waiting for more rows would be too long.
    private static func dueTime(_ line: Line, _ first: Entry, _ policy: BatchingPolicy) -> UInt64 {
        guard first.group.alone == 0, !policy.isWorthRunning(line.rows) else { return 0 }
        let latest = first.deadline > first.cost ? first.deadline - first.cost : 0
        let (end, overflow) = line.since.addingReportingOverflow(policy.delay)
        return overflow ? latest : min(end, latest)
    }

    /// Takes as many out of a line as go together.
    private mutating func take(_ id: UInt64, _ group: Group, at now: UInt64) -> Batch {
        var batch = Batch(lane: id)
        var rows = 0
        let policy = lanes[id]?.policy ?? .off
        let limit = policy.limit(waiting: lanes[id]?.lines[group]?.rows ?? 0)
        while let first = lanes[id]?.lines[group]?.queue.first {
            if first.deadline > now {
                guard batch.entries.isEmpty || rows + first.rows <= limit else { break }
                rows += first.rows
                batch.entries.append(first)
            } else {
                batch.late.append(first)
                backlog = backlog < first.cost ? 0 : backlog - first.cost
            }
            _ = lanes[id]?.lines[group]?.queue.popFirst()
            leaveLane(first)
        }
        if let first = batch.entries.first {
            lanes[id]?.limit.observe(
                wait: now < first.arrival ? 0 : now - first.arrival, cost: batch.cost, at: now)
        }
        virtualTime = max(virtualTime, lanes[id]?.start ?? 0)
        lanes[id]?.start &+= max(1, batch.cost)
        lanes[id]?.running += 1
        settle(id, group)
        return batch
    }

    /// Takes an entry out of every sum.
    private mutating func leave(_ entry: Entry) {
        leaveLane(entry)
        backlog = backlog < entry.cost ? 0 : backlog - entry.cost
    }

    private mutating func leaveLane(_ entry: Entry) {
        waiting -= 1
        lanes[entry.lane]?.waiting -= 1
        let others = (lanes[entry.lane]?.clients[entry.client] ?? 1) - 1
        lanes[entry.lane]?.clients[entry.client] = others > 0 ? others : nil
        lanes[entry.lane]?.lines[entry.group]?.rows -= entry.rows
        let cost = lanes[entry.lane]?.cost ?? 0
        lanes[entry.lane]?.cost = cost < entry.cost ? 0 : cost - entry.cost
    }

    /// Forgets an empty line; notes since when the rest of another waits.
    private mutating func settle(_ lane: UInt64, _ group: Group) {
        if let first = lanes[lane]?.lines[group]?.queue.first {
            lanes[lane]?.lines[group]?.since = first.arrival
        } else {
            lanes[lane]?.lines[group] = nil
        }
        forgetIfIdle(lane)
    }

    private mutating func forgetIfIdle(_ lane: UInt64) {
        // A lane that comes back starts at the virtual time of then: nothing is saved up by being idle.
        if let found = lanes[lane], found.waiting == 0, found.running == 0 { lanes[lane] = nil }
    }
}
