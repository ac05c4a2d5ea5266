import Synchronization
import Tensors

/// The state of every sequence, and whose turn it is: requests of one sequence run one after another, in the order in
/// which they came. A sequence stays with the version it began on.
///
/// Safe from any thread.
final class SequenceTable: Sendable {
    /// Whose sequence it is: nobody reaches another's.
    struct Key: Hashable, Sendable {
        var endpoint: String
        /// Set where the request names one.
        var version: String?
        /// The caller's name; empty for those whom nobody asked.
        var identity: String
        var id: SequenceRequest.ID
    }

    /// A request of a sequence.
    struct Visit: Sendable {
        let key: Key
        let starts: Bool
        let ends: Bool
        /// The version that a new sequence begins on.
        let arm: LiveArm
        /// Bytes of its state.
        let bytes: Int
        /// Tells it apart.
        let number: UInt64
        /// Called when its turn has come; from any thread, and not within `enter`.
        let onTurn: @Sendable (Result<Turn, RequestFault>) -> Void
    }

    /// What a request may work with until it leaves.
    struct Turn: Sendable {
        /// The version of the sequence.
        var arm: LiveArm
        /// What the last request left; `nil` at the beginning.
        var tensors: [Tensor]?
    }

    /// What became of a turn.
    enum Departure {
        /// It did not run, or failed: the state stays what it was.
        case unchanged
        case ran([Tensor])
    }

    private struct Sequence {
        /// The first one has its turn.
        var visits: [Visit] = []
        /// The version that has it; `nil` when it is over or has not begun.
        var arm: LiveArm?
        var tensors: [Tensor]?
        var bytes = 0
        var lastUse: UInt64 = 0
    }

    private struct State {
        var sequences: [Key: Sequence] = [:]
        var bytes = 0
        var open = 0
        var visits: UInt64 = 0
    }

    /// Sequences at most.
    let capacity: Int
    /// Bytes of all states at most.
    let byteLimit: Int
    /// Nanoseconds after which a sequence is given up.
    let idleTime: UInt64
    private static let mostWaiting = 1024
    /// Whether the server may have so many bytes more.
    private let admitsMemory: @Sendable (Int) -> Bool
    private let state = Mutex(State())

    init(
        capacity: Int, byteLimit: Int, idleTime: UInt64, admitsMemory: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) {
        self.admitsMemory = admitsMemory
        self.capacity = capacity
        self.byteLimit = byteLimit
        self.idleTime = idleTime
    }

    /// Sequences that have state now.
    var count: Int { state.withLock { $0.open } }
    /// Bytes of all states now.
    var byteCount: Int { state.withLock { $0.bytes } }

    func nextNumber() -> UInt64 {
        state.withLock { state in
            state.visits += 1
            return state.visits
        }
    }

    /// A request has come.
    ///
    /// - Returns: its turn, when it is its turn; else its `onTurn` is called later.
    /// - Throws: `RequestFault` when there is no such sequence, or no room for one more.
    func enter(_ visit: Visit, at now: UInt64) throws(RequestFault) -> Turn? {
        try state.withLock { state throws(RequestFault) in
            guard visit.starts || state.sequences[visit.key] != nil else { throw Self.mustStart(visit) }
            let waiting = state.sequences[visit.key]?.visits.count ?? 0
            guard waiting < Self.mostWaiting else {
                throw RequestFault(.queueFull, "\(waiting) requests of sequence \(visit.key.id) wait already")
            }
            guard waiting == 0 else {
                state.sequences[visit.key]?.visits.append(visit)
                return nil
            }
            do throws(RequestFault) {
                let turn = try begin(visit, &state, now)
                state.sequences[visit.key]?.visits.append(visit)
                return turn
            } catch {
                forget(visit.key, &state)
                throw error
            }
        }
    }

    /// A request that has not had its turn is not wanted any more.
    func cancel(_ visit: Visit) {
        state.withLock { state in
            guard let place = state.sequences[visit.key]?.visits.firstIndex(where: { $0.number == visit.number }),
                place != state.sequences[visit.key]?.visits.startIndex
            else { return }
            state.sequences[visit.key]?.visits.remove(at: place)
        }
    }

    /// A request that had its turn is done; the next one gets it.
    func leave(_ visit: Visit, _ departure: Departure, at now: UInt64) {
        let calls = state.withLock { state -> [() -> Void] in
            settle(visit, departure, &state, now)
            return handOver(visit.key, &state, now)
        }
        for call in calls { call() }
    }

    /// Gives up sequences for which nothing came for long, and those of versions that are to go.
    func sweep(at now: UInt64) {
        state.withLock { state in
            guard !state.sequences.isEmpty else { return }
            for (key, sequence) in state.sequences where sequence.visits.isEmpty {
                let isClosed = sequence.arm?.servable.sequences?.isClosed ?? false
                guard isClosed || now &- sequence.lastUse >= idleTime else { continue }
                end(key, isClosed ? .unloaded : .idle, &state)
                state.sequences[key] = nil
            }
        }
    }
}

// MARK: - With the lock held

extension SequenceTable {
    /// Gives a request its turn.
    private func begin(_ visit: Visit, _ state: inout State, _ now: UInt64) throws(RequestFault) -> Turn {
        let key = visit.key
        if let arm = state.sequences[key]?.arm, arm.servable.sequences?.isClosed == true { end(key, .unloaded, &state) }
        if visit.starts {
            end(key, .restarted, &state)
            try admit(visit, &state)
            var sequence = state.sequences[key] ?? Sequence()
            sequence.arm = visit.arm
            sequence.bytes = visit.bytes
            sequence.tensors = nil
            // It is in use as long as the sequence is under way, so that a version waits for it before it goes.
            visit.arm.servable.begin()
            visit.arm.servable.sequences?.began()
            state.bytes += visit.bytes
            state.open += 1
            state.sequences[key] = sequence
        }
        guard let arm = state.sequences[key]?.arm else {
            throw Self.mustStart(visit)
        }
        state.sequences[key]?.lastUse = now
        return Turn(arm: arm, tensors: state.sequences[key]?.tensors)
    }

    private func admit(_ visit: Visit, _ state: inout State) throws(RequestFault) {
        guard state.open < capacity else {
            throw RequestFault(.overloaded, "\(state.open) sequences are under way, as many as this server keeps")
        }
        guard visit.bytes <= byteLimit - state.bytes else {
            throw RequestFault(
                .overloaded, "the state of another sequence does not fit into this server's memory for it")
        }
        guard admitsMemory(visit.bytes) else {
            throw RequestFault(
                .outOfMemory,
                "the state of another sequence, \(visit.bytes) bytes, does not fit into the memory that this server may have; "
                    + "end sequences with 'sequence_end', or have the server started with more --memory")
        }
    }

    private func settle(_ visit: Visit, _ departure: Departure, _ state: inout State, _ now: UInt64) {
        state.sequences[visit.key]?.visits.removeAll { $0.number == visit.number }
        state.sequences[visit.key]?.lastUse = now
        switch departure {
        case .ran(let tensors):
            let bytes = tensors.reduce(0) { $0 + $1.byteCount }
            let growth = bytes - (state.sequences[visit.key]?.bytes ?? bytes)
            state.bytes += growth
            state.sequences[visit.key]?.tensors = tensors
            state.sequences[visit.key]?.bytes = bytes
            if visit.ends {
                end(visit.key, .ended, &state)
            } else if state.bytes > byteLimit || growth > 0 && !admitsMemory(growth) {
                end(visit.key, .outgrown, &state)
            }
        case .unchanged:
            // What did not begin is not under way.
            if visit.starts { end(visit.key, .failed, &state) }
        }
    }

    /// Gives the turn to whoever is next; those that cannot have it are told.
    private func handOver(_ key: Key, _ state: inout State, _ now: UInt64) -> [() -> Void] {
        var calls: [() -> Void] = []
        while let next = state.sequences[key]?.visits.first {
            do throws(RequestFault) {
                let turn = try begin(next, &state, now)
                calls.append { next.onTurn(.success(turn)) }
                return calls
            } catch {
                calls.append { next.onTurn(.failure(error)) }
                state.sequences[key]?.visits.removeFirst()
            }
        }
        forget(key, &state)
        return calls
    }

    /// Drops what is neither under way nor waited for.
    private func forget(_ key: Key, _ state: inout State) {
        if let sequence = state.sequences[key], sequence.arm == nil, sequence.visits.isEmpty {
            state.sequences[key] = nil
        }
    }

    /// Drops the state of a sequence, if it has one.
    private func end(_ key: Key, _ reason: SequenceState.End, _ state: inout State) {
        guard let arm = state.sequences[key]?.arm else { return }
        state.bytes -= state.sequences[key]?.bytes ?? 0
        state.open -= 1
        state.sequences[key]?.arm = nil
        state.sequences[key]?.tensors = nil
        state.sequences[key]?.bytes = 0
        arm.servable.sequences?.over(reason)
        arm.servable.end()
    }

    /// Source: Triton, `sequence_batch_scheduler.cc`; clients look for these words.
    private static func mustStart(_ visit: Visit) -> RequestFault {
        RequestFault(
            .invalidInput,
            "inference request for sequence \(visit.key.id) to model '\(visit.key.endpoint)' must specify the START flag on "
                + "the first request of the sequence")
    }
}
