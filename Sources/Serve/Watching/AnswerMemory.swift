package import Drift
import Engines
import Synchronization
import Tensors

/// Remembers what a version answered, for a time, so that labels which come late can be laid beside it.
///
/// Off until somebody opens it: then a request costs one load. Open, an answer costs one pass over its scores, a hash of its
/// id for each row, and a short lock for `rowsAtOnce` rows; the memory is asked for once, and its pages are touched as answers
/// come. An answer's place is found by a hash of its id and row with a seed of this process; where eight neighbours are taken,
/// the oldest goes.
package final class AnswerMemory: Sendable {
    /// How much is remembered, and of what.
    package struct Plan: Sendable {
        package var reader: ClassReader
        /// What confidence promises; `nil` where answers have none.
        package var curve: ConfidenceCurve?
        /// Answers, a power of two.
        package var capacity: Int
        /// Seconds.
        package var lifetime: UInt32

        /// - Parameters:
        ///   - capacity: answers that are remembered; the next power of two, from 8 to 16,777,216.
        ///   - seconds: for which they are; at least 1.
        package init(reader: ClassReader, curve: ConfidenceCurve?, capacity: Int, seconds: Int) {
            self.reader = reader
            self.curve = curve
            var size = AnswerTable.ways
            while size < min(capacity, 1 << 24) { size *= 2 }
            self.capacity = size
            lifetime = UInt32(clamping: max(1, seconds))
        }
    }

    /// What became of a label.
    package enum Outcome: String, Sendable, CaseIterable {
        case accepted
        /// No answer of this id is remembered: there was none, or its place was taken since.
        case unknown
        case alreadyLabelled = "already labelled"
        case expired
    }

    /// What labels have said since it was opened.
    package struct Tally: Hashable, Sendable {
        /// Answers with a label.
        package var labelled = 0
        /// Those whose class was the label.
        package var right = 0
        /// What confidence had promised for those that have one.
        package var promised = AccuracyTally()

        package init() {}
    }

    private struct State {
        var plan: Plan
        var table: AnswerTable
        var tally = Tally()
    }

    /// Rows of one request that are remembered.
    package static let mostRows = 256
    /// Rows that are put down under one lock; so many fit on the stack.
    private static let rowsAtOnce = 32

    private let opened = Atomic<Bool>(false)
    private let state = Mutex<State?>(nil)

    package init() {}

    package var isOpen: Bool { opened.load(ordering: .relaxed) }

    /// Begins to remember; what is open already goes on as it was.
    package func open(_ plan: Plan) {
        state.withLock { state in
            if state == nil, let table = AnswerTable(capacity: plan.capacity) {
                state = State(plan: plan, table: table)
            }
            opened.store(state != nil, ordering: .relaxed)
        }
    }

    /// Forgets everything.
    package func close() {
        opened.store(false, ordering: .relaxed)
        state.withLock { $0 = nil }
    }

    /// What labels have said; `nil` while it is closed.
    package var tally: Tally? { state.withLock { $0?.tally } }

    /// Remembers an answer.
    @inline(__always)
    func remember(_ job: InferenceJob, id: String) {
        if opened.load(ordering: .relaxed) { keep(job, id: id) }
    }

    /// Remembers an answer that nobody received, to what another version was asked by this id.
    func rememberCopy(_ job: InferenceJob, id: String) {
        if opened.load(ordering: .relaxed), job.failure == nil { keep(job, id: id, isCopy: true) }
    }

    private func keep(_ job: InferenceJob, id: String, isCopy: Bool = false) {
        guard let reader = state.withLock({ $0?.plan.reader }) else { return }
        let now = Self.seconds(isCopy ? job.times.runEnded : job.times.answered)
        withUnsafeTemporaryAllocation(of: AnswerTable.Entry.self, capacity: Self.rowsAtOnce) { room in
            var count = 0
            func put() {
                state.withLock { state in
                    for entry in room[..<count] { state?.table.put(entry) }
                }
                count = 0
            }
            reader.read(most: Self.mostRows) { output in
                guard job.slots.indices.contains(output), case .tensor(let tensor) = job.slots[output] else {
                    return nil
                }
                return tensor
            } _: { row, said in
                let entry = AnswerTable.Entry(
                    key: Self.key(id, row), said: said.key, at: now, confidence: Float(said.confidence ?? .nan),
                    isCopy: isCopy)
                room.initializeElement(at: count, to: entry)
                count += 1
                if count == room.count { put() }
            }
            if count > 0 { put() }
        }
    }

    /// A label for the answer to a row of a request.
    ///
    /// - Parameters:
    ///   - row: counted from 0.
    ///   - now: on the monotonic clock.
    func label(_ id: String, row: Int, _ label: FeedbackLabel, at now: UInt64) -> Outcome {
        judge(id, row: row, label, at: now).outcome
    }

    /// The same, and whether the answer was right; `nil` where the label was not accepted.
    func judge(
        _ id: String, row: Int, _ label: FeedbackLabel, at now: UInt64
    ) -> (outcome: Outcome, isRight: Bool?) {
        let key = Self.key(id, row)
        return state.withLock { state in
            guard state != nil, let found = state?.table.find(key), !found.isCopy, let plan = state?.plan else {
                return (.unknown, nil)
            }
            guard !found.isLabelled else { return (.alreadyLabelled, nil) }
            guard Self.seconds(now) &- found.at <= plan.lifetime else { return (.expired, nil) }
            state?.table.markLabelled(key)
            let isRight = plan.truth(label) == found.said
            state?.tally.labelled += 1
            if isRight { state?.tally.right += 1 }
            if let curve = plan.curve, !found.confidence.isNaN {
                state?.tally.promised.add(curve.right(at: Double(found.confidence)))
            }
            return (.accepted, isRight)
        }
    }

    /// Whether what this version answered to a copy of the request was right; `nil` where it was not asked. It is in no count
    /// of this version's labels.
    func judgeCopy(_ id: String, row: Int, _ label: FeedbackLabel, at now: UInt64) -> Bool? {
        let key = Self.key(id, row)
        return state.withLock { state in
            guard let found = state?.table.find(key), found.isCopy, !found.isLabelled, let plan = state?.plan,
                Self.seconds(now) &- found.at <= plan.lifetime
            else { return nil }
            state?.table.markLabelled(key)
            return plan.truth(label) == found.said
        }
    }

    /// Seeded by the process: who sends ids cannot choose what they displace.
    private static func key(_ id: String, _ row: Int) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(id)
        hasher.combine(row)
        return UInt64(bitPattern: Int64(hasher.finalize())) | 1
    }

    private static func seconds(_ nanoseconds: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: nanoseconds / HTTPLimits.second)
    }
}

extension AnswerMemory.Plan {
    /// The class that a label names.
    fileprivate func truth(_ label: FeedbackLabel) -> UInt64 {
        switch label {
        case .name(let name): reader.key(name: name)
        case .number(let number): reader.key(number: number)
        }
    }
}
