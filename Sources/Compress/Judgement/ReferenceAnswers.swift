import Dispatch
import Engines
import ModelGraph
import Optimize
import Synchronization
import Tensors

/// What the original answers to the rows that judge.
///
/// Taken from the first session that runs the original, whatever else that session is for: loading a model only for this
/// costs as long as running it a dozen times.
package final class ReferenceAnswers: Sendable {
    private let original: Model
    private let rows: HeldRows
    private let found = Mutex<Found?>(nil)

    struct Found: Sendable {
        let outputs: [[Tensor]]
        let accuracy: Double?
    }

    init(_ original: Model, _ rows: HeldRows) {
        self.original = original
        self.rows = rows
    }

    /// Takes the answers from runs, if they are not there yet and it is the original that is run.
    ///
    /// - Parameters:
    ///   - model: what is run, but for outputs behind its own.
    ///   - rows: that may be run at a time, as memory allows; larger batches get a session for themselves.
    ///   - lanes: runs that may go on at a time.
    /// - Throws: the engine's words.
    func take(from run: ObservedRun, of model: Model, rows most: Int, lanes: Int) throws {
        // Accuracy is measured by a session for itself, whose runs have all threads.
        guard rows.accuracy == nil, found.withLock({ $0 == nil }), model == original,
            rows.batches.allSatisfy({ ($0.first?.rowCount ?? 1) <= most })
        else { return }
        var outputs: [[Tensor]] = []
        for start in stride(from: 0, to: rows.batches.count, by: max(1, lanes)) {
            let some = Array(rows.batches[start..<min(start + max(1, lanes), rows.batches.count)])
            for made in try run.outputs(some) {
                outputs.append(try made.prefix(original.graph.outputs.count).compactMap { try $0?.copy() })
            }
        }
        found.withLock { $0 = Found(outputs: outputs, accuracy: nil) }
    }

    /// The answers; the original is loaded when nobody has done so.
    ///
    /// - Throws: the engine's words when it does not run the original on these rows.
    func answers(_ runner: ModelRunner, threads: Int) throws -> Found {
        if let found = found.withLock({ $0 }) { return found }
        let lanes = BatchRuns.lanes(rows, threads: threads)
        let session = try runner.session(original, optimized: true, threads: max(1, threads / lanes))
        let made = Found(
            outputs: try BatchRuns.outputs(session, rows.batches, lanes: lanes), accuracy: try rows.accuracy?(session))
        found.withLock { $0 = made }
        return made
    }
}

/// Runs a session on many batches, several at a time.
enum BatchRuns {
    /// Each takes memory of its own.
    private static let mostLanes = 4

    /// How many runs go on at a time; where accuracy is measured, which is one run after another, one.
    static func lanes(_ rows: HeldRows, threads: Int) -> Int {
        rows.accuracy == nil ? max(1, min(threads, mostLanes)) : 1
    }

    /// What the session answers to each batch.
    ///
    /// - Parameter lanes: runs that may go on at a time.
    /// - Throws: the engine's words.
    static func outputs(
        _ session: any Session, _ batches: [[Tensor]], lanes: Int
    ) throws -> [[Tensor]] {
        let results = batches.map { _ in Answer() }
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: max(1, min(lanes, batches.count))) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < batches.count else { return }
                let result = Result { try session.run(batches[index]) }
                results[index].value.withLock { $0 = result }
            }
        }
        return try results.map { result in try result.value.withLock { $0 }?.get() ?? [] }
    }

    private final class Answer: Sendable {
        let value = Mutex<Result<[Tensor], any Error>?>(nil)
    }
}

extension Tensor {
    /// The same elements in memory of their own.
    fileprivate func copy() throws -> Tensor {
        guard strings == nil else { return self }
        let buffer = TensorBuffer(capacity: byteCount)
        UnsafeMutableRawBufferPointer(rebasing: buffer.mutableBytes.prefix(byteCount)).copyMemory(from: bytes)
        return try Tensor(elementType, shape, buffer: buffer)
    }
}
