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
        /// Whether each runs by itself.
        var isAlone = false

        static var alone: Group { Group(isAlone: true) }
    }

    /// One request.
    struct Entry {
        let item: Item
        /// Tells it apart among all that wait.
        let id: UInt64
        /// The version it is for.
        let lane: UInt64
        var group: Group
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

    /// Threads that run.
    let threads: Int
    /// Requests that may wait.
    let capacity: Int
    /// Nanoseconds that a request may be expected to wait.
    let longestWait: UInt64
    /// With some that are idle, for the sake of their storage.
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
        let place = place(of: entry.lane, policy)
        lanes.values[place].append(entry)
        waiting += 1
        backlog &+= entry.cost
    }

    /// Where a lane is that is about to be needed.
    private mutating func place(of lane: UInt64, _ policy: BatchingPolicy) -> Dictionary<UInt64, Lane>.Index {
        if let place = lanes.index(forKey: lane) {
            if lanes.values[place].isIdle { lanes.values[place].begin(at: virtualTime) }
            lanes.values[place].policy = policy
            return place
        }
        if lanes.count >= Self.idleLanes { lanes = lanes.filter { !$0.value.isIdle } }
        lanes[lane] = Lane(policy: policy, start: virtualTime)
        return lanes.index(forKey: lane) ?? lanes.startIndex
    }

    /// From so many lanes on those that are idle are forgotten.
    private static var idleLanes: Int { 32 }

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
            let isNew = !found.holds(client: client)
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
        let active = UInt64(lanes.values.count { !$0.isIdle })
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
        guard let place = lanes.index(forKey: lane),
            let entry = lanes.values[place].remove(id: id, group: group, client: client, priority: priority)
        else { return nil }
        waiting -= 1
        backlog = backlog < entry.cost ? 0 : backlog - entry.cost
        return entry
    }
}

// MARK: - Going out

extension RunQueue {
    /// What a free thread does now.
    mutating func next(at now: UInt64) -> Step {
        var best: (place: Dictionary<UInt64, Lane>.Index, id: UInt64, group: Group, start: UInt64)?
        var wake: UInt64?
        for place in lanes.indices {
            let (id, lane) = lanes[place]
            guard lane.waiting > 0, lane.running < lane.policy.instances ?? threads else { continue }
            switch lane.choice(at: now) {
            case .now(let group):
                if best.map({ (lane.start, id) < ($0.start, $0.id) }) ?? true { best = (place, id, group, lane.start) }
            case .at(let time): wake = min(wake ?? .max, time)
            }
        }
        guard let best else { return .wait(until: wake) }
        virtualTime = max(virtualTime, best.start)
        var batch = Batch(lane: best.id)
        lanes.values[best.place].take(best.group, into: &batch, at: now)
        waiting -= batch.entries.count + batch.late.count
        for entry in batch.late { backlog = backlog < entry.cost ? 0 : backlog - entry.cost }
        return .run(batch)
    }

    /// A run of a batch is over.
    mutating func finished(_ batch: Batch) {
        backlog = backlog < batch.cost ? 0 : backlog - batch.cost
        if let place = lanes.index(forKey: batch.lane) { lanes.values[place].finished() }
    }
}
