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
    package let session: any Session
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
    /// Tells it apart from every other one of this process.
    let number: UInt64

    let outputPlan: OutputPlan
    /// `nil` where answers are not kept.
    let cache: ResponseCache?
    /// How long runs take now, as a multiple of what was measured when it was loaded; the bits of a `Double`.
    private let pace = Atomic<UInt64>((1.0).bitPattern)
    private static let count = Atomic<UInt64>(0)
    private let onDrained: @Sendable () -> Void
    /// Twice the requests in flight, plus one once no routing table has it any more.
    private let state = Atomic<Int>(0)

    /// - Parameters:
    ///   - cacheBytes: bytes of answers that are kept for requests that come again; 0 keeps none.
    ///   - pipeline: what a version is made of that is a pipeline; its `session` is only asked for its signature.
    ///   - sequences: what carries state, where the version has some; its `session` is only asked for its signature.
    ///   - onDrained: called once, from any thread, when nothing will use the session any more: the place to
    ///   drop it. Must not block: it may run on an event loop.
    package init(
        model: String, version: String, digest: String, session: any Session, calibration: Calibration,
        batching: BatchingPolicy = .off, cacheBytes: Int = 0, labels: [String: String] = [:],
        classes: [String] = [], pipeline: ServedPipeline? = nil,
        sequences: SequenceState? = nil, onDrained: @escaping @Sendable () -> Void = {}
    ) {
        self.model = model
        self.version = version
        self.digest = digest
        self.session = session
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

    package var signature: Signature { session.signature }

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
        max(0, state.load(ordering: .relaxed) >> 1 - (sequences?.activeCount ?? 0))
    }

    /// Whether it has left the routing tables for good.
    var isRetired: Bool { state.load(ordering: .acquiring) & 1 == 1 }

    /// Marks one request in flight. Called on an event loop whose current table has this servable; it is retired only
    /// after every loop has another table.
    func begin() { state.wrappingAdd(2, ordering: .relaxed) }

    /// Ends what `begin` began.
    func end() {
        if state.wrappingSubtract(2, ordering: .acquiringAndReleasing).newValue == 1 { onDrained() }
    }

    /// Says that no loop will pick it any more.
    func retire() {
        let (before, after) = state.bitwiseOr(1, ordering: .acquiringAndReleasing)
        if before == 0, after == 1 { onDrained() }
    }
}

extension EngineKind {
    /// The platform string of the Open Inference Protocol.
    fileprivate var protocolName: String {
        switch self {
        case .onnxRuntime: "onnxruntime_onnx"
        case .openVINO: "openvino"
        }
    }
}
