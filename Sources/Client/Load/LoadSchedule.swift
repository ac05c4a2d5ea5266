import Synchronization

/// When one connection makes which request: a value that is asked, and does nothing itself.
///
/// Times are nanoseconds of a monotonic clock.
struct LoadSchedule {
    enum Next: Equatable {
        case ready
        /// Nothing is due before this time.
        case wait(until: UInt64)
        /// No request will be made any more.
        case exhausted
    }

    struct Ticket: Equatable {
        /// Counts requests over all connections.
        let index: Int
        /// When it was due; `nil` in a closed loop, where it is due when it is sent.
        let due: UInt64?
    }

    private enum Pace {
        /// The connections draw from one counter.
        case closed(TicketCounter)
        /// This connection has every `stride`-th request from `index` on.
        case open(start: UInt64, rate: Double, index: Int, stride: Int)
    }

    private var pace: Pace
    private let limit: Int

    /// - Parameters:
    ///   - lane: Which of the connections this is.
    ///   - tickets: Shared by all connections of the run.
    init(_ configuration: LoadConfiguration, lane: Int, tickets: TicketCounter, start: UInt64) {
        limit = configuration.requestLimit ?? Int.max
        switch configuration.pace {
        case .closedLoop: pace = .closed(tickets)
        case .perSecond(let rate):
            pace = .open(start: start, rate: rate, index: lane, stride: configuration.connections)
        }
    }

    func next(at now: UInt64) -> Next {
        switch pace {
        case .closed(let tickets): return tickets.drawn < limit ? .ready : .exhausted
        case .open(let start, let rate, let index, _):
            guard index < limit else { return .exhausted }
            let due = Self.due(index, start, rate)
            return due <= now ? .ready : .wait(until: due)
        }
    }

    /// The request that is due, which is thereby this connection's to make; `nil` when none is.
    mutating func take(at now: UInt64) -> Ticket? {
        guard next(at: now) == .ready else { return nil }
        switch pace {
        case .closed(let tickets):
            let index = tickets.draw()
            return index < limit ? Ticket(index: index, due: nil) : nil
        case .open(let start, let rate, let index, let stride):
            pace = .open(start: start, rate: rate, index: index + stride, stride: stride)
            return Ticket(index: index, due: Self.due(index, start, rate))
        }
    }

    /// How many requests were due by `now` and have not been taken.
    func overdue(at now: UInt64) -> Int {
        guard case .open(let start, let rate, let index, let stride) = pace, now >= start else { return 0 }
        let dueByNow = min(Int(Double(now - start) * rate / 1e9) + 1, limit)
        return dueByNow > index ? (dueByNow - index + stride - 1) / stride : 0
    }

    private static func due(_ index: Int, _ start: UInt64, _ rate: Double) -> UInt64 {
        start + UInt64(Double(index) * 1e9 / rate)
    }
}

/// Hands out the numbers of requests in a closed loop.
final class TicketCounter: Sendable {
    private let next = Atomic<Int>(0)

    var drawn: Int { next.load(ordering: .relaxed) }

    func draw() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
}
