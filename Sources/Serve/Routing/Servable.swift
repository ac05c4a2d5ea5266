package import Engines
import Synchronization
package import Tensors

/// One loaded version that can be called.
///
/// It is in use from the moment a routing table with it is published until the last request that picked it is
/// answered: then `onDrained` is called, once. Make a new one to serve the same session again.
package final class Servable: Sendable {
    package let model: String
    /// The version's number as the protocol writes it, such as `3`.
    package let version: String
    /// The digest of the version's manifest.
    package let digest: String
    /// What runs it.
    package let engine: EngineKind
    package let signature: Signature
    /// For each input: whether it is a column of a table, whose cells may be missing.
    let columns: [Bool]
    /// Where the session is; it may leave memory between requests.
    let berth: SessionBerth
    /// The protocol's word for what runs it, such as `onnxruntime_onnx`.
    package let platform: String
    /// The version's labels, as they were registered.
    package let labels: [String: String]
    /// The names of its classes by number, where the package has them.
    package let classes: [String]
    package let calibration: Calibration
    /// How requests for it are put together.
    package let batching: BatchingPolicy
    /// What it is made of, where it is a pipeline.
    package let pipeline: ServedPipeline?
    /// What carries state from request to request, where it has some.
    package let sequences: SequenceState?
    /// Where a sample of its requests goes.
    package let tap = InferenceTap()
    /// Remembers its answers until labels come.
    package let memory = AnswerMemory()
    /// What labels have said of its answers.
    package let labelled = LabelledAnswers()
    /// Looks at inputs before they run.
    package let inputGuard = InputGuard()
    /// Where requests go that are kept to be asked again.
    package let recorder = InferenceTap()
    /// Tells it apart from every other one of this process.
    let number: UInt64

    let outputPlan: OutputPlan
    /// `nil` where answers are not kept.
    let cache: ResponseCache?
    /// How long runs take now, as a multiple of what was measured when it was loaded; the bits of a `Double`.
    private let pace = Atomic<UInt64>((1.0).bitPattern)
    /// Copies of requests that wait for it or run on it.
    private let mirrored = Atomic<Int>(0)
    private static let count = Atomic<UInt64>(0)
    private let onDrained: @Sendable () -> Void

    /// - Parameters:
    ///   - cacheBytes: bytes of answers that are kept for requests that come again; 0 keeps none.
    ///   - pipeline: what a version is made of that is a pipeline; its `session` is only asked for its signature.
    ///   - sequences: what carries state, where the version has some; its `session` is only asked for its signature.
    ///   - reload: brings the session back after `unload`; see `SessionBerth`. Without it, it never leaves.
    ///   - onDrained: called once, from any thread, when nothing will use the session any more: the place to
    ///   drop it. Must not block: it may run on an event loop.
    package init(
        model: String, version: String, digest: String, session: any Session, calibration: Calibration,
        batching: BatchingPolicy = .off, cacheBytes: Int = 0, labels: [String: String] = [:],
        classes: [String] = [], pipeline: ServedPipeline? = nil, sequences: SequenceState? = nil,
        reload: SessionBerth.Reload? = nil, onDrained: @escaping @Sendable () -> Void = {}
    ) {
        self.model = model
        self.version = version
        self.digest = digest
        engine = session.engine
        signature = session.signature
        columns = session.signature.inputs.indices.map { session.isColumn($0) }
        berth = SessionBerth(session, reload: reload)
        self.calibration = calibration
        self.batching = batching
        // An answer that depends on what came before is no answer to an equal request.
        cache = cacheBytes > 0 && sequences == nil ? ResponseCache(capacity: cacheBytes) : nil
        self.labels = labels
        number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        self.classes = classes
        self.pipeline = pipeline
        self.sequences = sequences
        self.onDrained = onDrained
        platform = pipeline == nil ? session.engine.protocolName : Self.pipelinePlatform
        outputPlan = OutputPlan(session.signature, enabled: calibration.predictsOutputShapes)
    }

    /// Not Triton's `ensemble`: its clients would then look for the models under names of their own.
    private static let pipelinePlatform = "slipway_pipeline"

    /// Nanoseconds that a run off the event loops is expected to take now, its share of batches counted in.
    func expectedNanoseconds(elements: Int) -> UInt64 {
        let measured = calibration.predictedNanoseconds(elements: elements)
        let base = measured == .max ? Self.unmeasured : Double(measured)
        return UInt64(min(base * Double(bitPattern: pace.load(ordering: .relaxed)), Self.longest))
    }

    /// Learns from a run. Updates that meet may lose one another: it is an estimate.
    func learn(expected: UInt64, took: UInt64) {
        guard expected > 0 else { return }
        let before = Double(bitPattern: pace.load(ordering: .relaxed))
        let ratio = min(max(Double(took) / Double(expected), 0.1), 10)
        let after = before * (1 + (ratio - 1) / 8)
        pace.store(min(max(after, 1e-4), 1e4).bitPattern, ordering: .relaxed)
    }

    /// Nanoseconds, for runs of sizes that were not measured.
    private static let unmeasured = 1e6
    /// A day in nanoseconds.
    private static let longest = 8.64e13

    /// Requests that have picked it and are not answered yet.
    package var requestsInFlight: Int {
        max(0, berth.users - mirrored.load(ordering: .relaxed) - (sequences?.activeCount ?? 0))
    }

    /// A copy of a request is about to run on it: that keeps it in memory, and is no request.
    func beginMirrored() { mirrored.wrappingAdd(1, ordering: .relaxed) }

    func endMirrored() { mirrored.wrappingSubtract(1, ordering: .relaxed) }

    /// Whether it has left the routing tables for good.
    var isRetired: Bool { berth.isRetired }

    /// Marks one request in flight. Called on an event loop whose current table has this servable; it is retired only
    /// after every loop has another table.
    ///
    /// - Parameter now: on the monotonic clock.
    func begin(at now: UInt64 = MonotonicClock.now()) { berth.enter(at: now) }

    /// Ends what `begin` began.
    func end() { if berth.leave() { onDrained() } }

    /// Says that no loop will pick it any more.
    func retire() { if berth.retire() { onDrained() } }
}

extension Servable {
    /// Why it cannot answer a request as it was made for `other`; `nil` where it can.
    package func obstacle(toAnsweringFor other: Servable) -> String? {
        guard sequences == nil, other.sequences == nil else {
            return "\(sequences == nil ? other.model : model) keeps state from request to request"
        }
        return signature.obstacle(toAnsweringFor: other.signature)
    }
}

// MARK: - Memory

extension Servable {
    /// The session, while it is in memory. Held by whoever got it; requests take it only after they found
    /// `isResident`.
    package var session: (any Session)? { berth.session }

    /// Whether anything keeps the session from leaving now: a request, or a sequence that is under way.
    package var isInUse: Bool { berth.users > 0 }

    /// Whether it may ever leave memory: there is a way back.
    package var canLeave: Bool { berth.canLeave }

    /// Whether it can run without being loaded first.
    package var isResident: Bool { berth.isResident }

    /// When a request last picked it, on the monotonic clock; 0 for never.
    package var lastUsed: UInt64 { berth.lastUsed }

    /// Takes the session out of memory, unless a request uses it, it is out already, or it cannot come back.
    ///
    /// - Returns: the last reference to it that this room has; dropping it may take a while.
    package func unload() -> (any Session)? { berth.unload() }

    /// Has `body` called, once and from any thread, when no request is in flight or none waits for the session any more; at
    /// once when none is in flight.
    ///
    /// - Parameter key: tells the watcher apart; the same one watches once, until `unwatch`.
    package func watch(_ key: UInt64, _ body: @escaping @Sendable () -> Void) { berth.watch(key, body) }

    /// Whether somebody watches, for tests.
    var isWatched: Bool { berth.isWatched }

    /// Ends what `watch` began.
    package func unwatch(_ key: UInt64) { berth.unwatch(key) }

    /// Whether a request still waits for the session. When none does, the load that was asked for is forgotten, and
    /// must not be begun.
    package func isAwaited() -> Bool { berth.isAwaited() }

    /// The session is back: whoever waits for it goes on.
    package func loaded(_ session: any Session) { berth.loaded(session) }

    /// It has left service while it was out: who still waits for it, or comes late, is answered 503.
    package func leftService() {
        berth.failed(RequestFault(.modelNotReady, "version \(version) has left service"), until: .max)
    }

    /// It does not come back now: whoever waits for it is answered 503 with this reason, and so are those who ask
    /// within the next seconds.
    ///
    /// - Parameter reason: goes to clients.
    package func loadFailed(_ reason: String, retryAfter seconds: Int) {
        var fault = RequestFault(.modelNotReady, "model version \(version) cannot be loaded again now: \(reason)")
        fault.retryAfter = seconds
        berth.failed(fault, until: MonotonicClock.now() &+ UInt64(clamping: seconds) &* HTTPLimits.second)
    }
}

extension EngineKind {
    /// The platform string of the Open Inference Protocol.
    fileprivate var protocolName: String {
        switch self {
        case .onnxRuntime: "onnxruntime_onnx"
        case .openVINO: "openvino"
        case .liteRT: "litert"
        }
    }
}
