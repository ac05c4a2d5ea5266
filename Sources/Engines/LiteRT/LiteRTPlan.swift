import Synchronization
import Tensors

/// What a session runs: a TFLite file as it is, or an ONNX graph.
enum LiteRTSource: Sendable {
    case file(LiteRTModel)
    case graph(any GraphTranslation)
}

/// A model for inputs of certain shapes: made when it is first asked for, with a runner for each run at a time.
///
/// `@unchecked Sendable`: `model` and `idle` are mutexes, the rest never changes.
final class LiteRTPlan: @unchecked Sendable {
    private enum State {
        case wanted
        case made(LiteRTModel)
        /// The graph has no form for these shapes, and never will.
        case refused(EngineError)
    }

    private let library: LiteRTLibrary
    private let source: LiteRTSource
    private let signature: Signature
    private let shapes: [Shape]
    private let threads: Int
    /// Runners kept for later runs; more runs than that at a time make runners of their own.
    private let kept: Int
    private let model = Mutex(State.wanted)
    private let idle = Mutex<[LiteRTRunner]>([])

    init(
        _ library: LiteRTLibrary, _ source: LiteRTSource, _ signature: Signature, _ shapes: [Shape],
        _ options: SessionOptions
    ) {
        self.library = library
        self.source = source
        self.signature = signature
        self.shapes = shapes
        threads = min(max(1, options.threadsPerRun), 1024)
        kept = min(max(1, options.concurrentRuns), 1024)
    }

    /// Makes a first runner, so that what cannot be run is found out.
    ///
    /// - Throws: `EngineError`.
    func prepare() throws(EngineError) {
        putBack(try takeRunner())
    }

    /// - Throws: `EngineError`. A runner that failed is not used again.
    func run(_ tensors: [Tensor], _ slots: inout [OutputSlot]) throws(EngineError) {
        let runner = try takeRunner()
        try runner.run(tensors, &slots)
        putBack(runner)
    }

    private func takeRunner() throws(EngineError) -> LiteRTRunner {
        if let runner = idle.withLock({ $0.popLast() }) { return runner }
        let model = try readModel()
        let resizes = if case .file = source { true } else { false }
        return try LiteRTRunner(library, model, signature, shapes, threads: threads, resizes: resizes)
    }

    private func putBack(_ runner: LiteRTRunner) {
        idle.withLock { if $0.count < kept { $0.append(runner) } }
    }

    /// Translates the graph once, whoever asks; others wait meanwhile.
    private func readModel() throws(EngineError) -> LiteRTModel {
        try model.withLock { state throws(EngineError) in
            switch state {
            case .made(let model): return model
            case .refused(let error): throw error
            case .wanted: break
            }
            do throws(EngineError) {
                let made = try makeModel()
                state = .made(made)
                return made
            } catch {
                if error.code == .runFailed { state = .refused(error) }
                throw error
            }
        }
    }

    private func makeModel() throws(EngineError) -> LiteRTModel {
        switch source {
        case .file(let model): return model
        case .graph(let translation):
            let bytes: TensorBuffer
            do throws(TranslationFault) {
                bytes = try translation.file(for: shapes)
            } catch {
                let inputs = zip(signature.inputs, shapes).map { "'\($0.name)' \($1)" }.joined(separator: ", ")
                throw EngineError(.runFailed, .liteRT, "no form for inputs \(inputs): \(error.message)")
            }
            return try LiteRTModel(library, bytes)
        }
    }
}

/// Plans by the shapes they are for; those that were used last are kept.
struct LiteRTPlanShelf {
    /// A plan has the model's weights, so that their number is small.
    static let capacity = 16

    private var plans: [[Shape]: (plan: LiteRTPlan, used: Int)] = [:]
    private var clock = 0

    /// The plan for these shapes; `make` makes one where there is none, and the one that was used longest ago goes.
    mutating func plan(for shapes: [Shape], _ make: () -> LiteRTPlan) -> LiteRTPlan {
        clock += 1
        if let found = plans[shapes] {
            plans[shapes] = (found.plan, clock)
            return found.plan
        }
        if plans.count >= Self.capacity, let oldest = plans.min(by: { $0.value.used < $1.value.used }) {
            plans[oldest.key] = nil
        }
        let made = make()
        plans[shapes] = (made, clock)
        return made
    }
}
