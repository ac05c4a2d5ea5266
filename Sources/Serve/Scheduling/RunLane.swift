extension RunQueue {
    /// Requests that may share runs, or that share none.
    struct Line {
        private var queue = FairQueue<Entry>()
        /// Of what waits.
        private var rows = 0
        /// Since when the request whose turn it is waits.
        private(set) var since: UInt64 = 0

        var isEmpty: Bool { queue.isEmpty }

        mutating func append(_ entry: Entry) {
            if queue.isEmpty { since = entry.arrival }
            rows += entry.rows
            queue.append(entry, client: entry.client, priority: entry.priority)
        }

        func holds(client: UInt64) -> Bool { queue.holds(client: client) }

        mutating func remove(id: UInt64, client: UInt64, priority: Int) -> Entry? {
            guard let entry = queue.remove(client: client, priority: priority, where: { $0.id == id }) else {
                return nil
            }
            rows -= entry.rows
            settle()
            return entry
        }

        /// Takes as many out as go together.
        mutating func take(into batch: inout Batch, _ policy: BatchingPolicy, at now: UInt64) {
            let limit = policy.limit(waiting: rows)
            var taken = 0
            while true {
                let room = batch.entries.isEmpty ? Int.max : limit - taken
                let next = queue.popFirst { first in
                    first.deadline <= now || room == .max || (!first.group.isAlone && first.rows <= room)
                }
                guard let next else { break }
                rows -= next.rows
                if next.deadline <= now {
                    batch.late.append(next)
                } else {
                    taken += next.rows
                    batch.entries.append(next)
                }
            }
            settle()
        }

        /// Whose turn it is, and when its run should begin: at once, or when waiting for more rows would be too long.
        func turn(_ policy: BatchingPolicy) -> (priority: Int, due: UInt64)? {
            guard let first = queue.first else { return nil }
            guard !first.group.isAlone, !policy.isWorthRunning(rows) else { return (first.priority, 0) }
            let latest = first.deadline > first.cost ? first.deadline - first.cost : 0
            let (end, overflow) = since.addingReportingOverflow(policy.delay)
            return (first.priority, overflow ? latest : min(end, latest))
        }

        private mutating func settle() {
            if let first = queue.first { since = first.arrival }
        }
    }

    /// What waits for one version, and what of it runs.
    struct Lane {
        var policy: BatchingPolicy
        /// The virtual time at which its next run starts.
        private(set) var start: UInt64
        private(set) var running = 0
        private(set) var waiting = 0
        /// Of what waits.
        private(set) var cost: UInt64 = 0
        private(set) var limit = WaitLimit()
        /// Of those that share no run.
        private var alone = Line()
        private var lines: [Group: Line] = [:]
        /// An empty one, with its storage.
        private var spare: Line?

        init(policy: BatchingPolicy, start: UInt64) {
            self.policy = policy
            self.start = start
        }

        var isIdle: Bool { waiting == 0 && running == 0 }

        /// It was idle, and is needed again: nothing is saved up by being idle.
        mutating func begin(at start: UInt64) {
            self.start = start
            limit = WaitLimit()
        }

        func holds(client: UInt64) -> Bool {
            alone.holds(client: client) || lines.values.contains { $0.holds(client: client) }
        }

        mutating func append(_ entry: Entry) {
            waiting += 1
            cost &+= entry.cost
            if entry.group.isAlone {
                alone.append(entry)
            } else if let place = lines.index(forKey: entry.group) {
                lines.values[place].append(entry)
            } else {
                var line = spare ?? Line()
                spare = nil
                line.append(entry)
                lines[entry.group] = line
            }
        }

        mutating func remove(id: UInt64, group: Group, client: UInt64, priority: Int) -> Entry? {
            let entry = withLine(group) { $0.remove(id: id, client: client, priority: priority) }
            if let entry { left(entry) }
            return entry
        }

        enum Choice {
            case now(Group)
            case at(UInt64)
        }

        /// The line whose turn it is, or when there will be one.
        func choice(at now: UInt64) -> Choice {
            var best: (group: Group, priority: Int, since: UInt64)?
            var wake = UInt64.max
            func look(_ line: Line, _ group: Group) {
                guard let turn = line.turn(policy) else { return }
                if turn.due > now {
                    wake = min(wake, turn.due)
                } else if best.map({ (turn.priority, line.since) < ($0.priority, $0.since) }) ?? true {
                    best = (group, turn.priority, line.since)
                }
            }
            look(alone, .alone)
            for (group, line) in lines { look(line, group) }
            return best.map { .now($0.group) } ?? .at(wake)
        }

        /// Takes what runs next out of a line.
        mutating func take(_ group: Group, into batch: inout Batch, at now: UInt64) {
            let policy = policy
            withLine(group) { $0.take(into: &batch, policy, at: now) }
            for entry in batch.entries { left(entry) }
            for entry in batch.late { left(entry) }
            if let first = batch.entries.first {
                limit.observe(wait: now < first.arrival ? 0 : now - first.arrival, cost: batch.cost, at: now)
            }
            start &+= max(1, batch.cost)
            running += 1
        }

        mutating func finished() { running -= 1 }

        private mutating func left(_ entry: Entry) {
            waiting -= 1
            cost = cost < entry.cost ? 0 : cost - entry.cost
        }

        /// Does something to a line, and forgets it when it is empty then.
        @discardableResult
        private mutating func withLine<Result>(_ group: Group, _ body: (inout Line) -> Result?) -> Result? {
            guard !group.isAlone else { return body(&alone) }
            guard let place = lines.index(forKey: group) else { return nil }
            let result = body(&lines.values[place])
            if lines.values[place].isEmpty { spare = lines.remove(at: place).value }
            return result
        }
    }
}
