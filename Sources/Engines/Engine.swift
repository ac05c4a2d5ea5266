package import Tensors

/// What executes a graph. One value per opened library; cheap to copy, safe to share.
package protocol Engine: Sendable {
    var kind: EngineKind { get }
    /// The library's own version, such as `1.31.1`.
    var version: String { get }
    /// The devices the library reports on this machine.
    var devices: [Device] { get }

    /// Whether it can write down what its optimisation makes of a graph, as `SessionOptions.Optimization` has it.
    var recordsOptimization: Bool { get }

    /// Compiles a model for one device.
    ///
    /// - Throws: `EngineError` with the library's own message and code when it refuses the model.
    func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session
}

extension Engine {
    package var recordsOptimization: Bool { false }
}

/// One version loaded on one engine, on one device.
package protocol Session: AnyObject, Sendable {
    var engine: EngineKind { get }
    var device: Device { get }
    /// The model's inputs and outputs as the engine sees them.
    var signature: Signature { get }

    /// Runs the graph once. Safe to call from several threads at a time.
    ///
    /// - Parameters:
    ///   - inputs: one tensor for each of `signature.inputs`, in that order; read, never kept.
    ///   - outputs: one slot for each of `signature.outputs`. A `.tensor` slot is written in place and must have the type
    ///     and shape that the graph produces; only strings are replaced by others. An `.allocate` slot is replaced by a
    ///     tensor in the engine's memory.
    /// - Throws: `EngineError`; the contents of `.tensor` slots are then undefined.
    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError)

    /// Inputs made up for it: one tensor for each of `signature.inputs`.
    ///
    /// - Throws: as `SampleInputs.tensors`.
    func samples(_ samples: SampleInputs, rows: Int) throws(TensorError) -> [Tensor]

    /// Whether the number of elements says how long a run takes. It does not where elements are files of any size.
    var isPredictable: Bool { get }

    /// Whether an input is a column of a table, whose cells may be missing: NaN, or empty strings.
    func isColumn(_ input: Int) -> Bool
}

extension Session {
    package func samples(_ samples: SampleInputs, rows: Int) throws(TensorError) -> [Tensor] {
        try samples.tensors(for: signature, rows: rows)
    }

    package var isPredictable: Bool { true }

    package func isColumn(_ input: Int) -> Bool { false }
}

extension Session {
    /// Runs the graph and lets the engine allocate every output.
    package func run(_ inputs: [Tensor]) throws(EngineError) -> [Tensor] {
        var slots = [OutputSlot](repeating: .allocate, count: signature.outputs.count)
        try run(inputs: inputs, outputs: &slots)
        return slots.compactMap { if case .tensor(let tensor) = $0 { tensor } else { nil } }
    }
}

/// What to do with one output of a run.
package enum OutputSlot: Sendable {
    /// Do not compute it.
    case skip
    /// The engine allocates it.
    case allocate
    /// Write into this tensor; after a run, also what `.allocate` has become.
    case tensor(Tensor)
}

/// Where a model comes from.
package enum ModelSource: Sendable {
    /// A file without external data, or with external data that we wrote ourselves.
    case file(String)
    /// A whole model in memory.
    case memory(TensorBuffer)
}

/// The engines Slipway knows.
package enum EngineKind: String, Hashable, Sendable, CaseIterable, Codable {
    case onnxRuntime = "onnxruntime"
    case openVINO = "openvino"
    case liteRT = "litert"

    /// The name shown to people.
    package var displayName: String {
        switch self {
        case .onnxRuntime: "ONNX Runtime"
        case .openVINO: "OpenVINO"
        case .liteRT: "LiteRT"
        }
    }
}

/// A device of this machine, as an engine names it.
package struct Device: Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, Codable { case cpu, cuda, gpu, npu }
    package var kind: Kind
    package var index: Int

    package init(_ kind: Kind, index: Int = 0) {
        self.kind = kind
        self.index = index
    }

    package static let cpu = Device(.cpu)

    package var description: String { kind == .cpu ? "cpu" : "\(kind.rawValue):\(index)" }
}

/// How a session is set up.
package struct SessionOptions: Hashable, Sendable {
    /// The arithmetic an engine may use inside.
    package enum Precision: String, Hashable, Sendable, Codable, CaseIterable { case float32, bfloat16, float16 }

    /// What an engine does with a graph before it runs.
    package enum Optimization: Hashable, Sendable {
        /// It is optimised for this machine.
        case full
        /// The same, and the result is written to a file for this version of the engine on this machine: of ONNX Runtime
        /// an ONNX graph, of OpenVINO what its compiler makes. LiteRT has none.
        case recorded(path: String)
        /// The same in ONNX Runtime's own format.
        case recordedAsORT(path: String)
        /// The graph is such a result: nothing is left to be done.
        case done
    }

    package var device: Device = .cpu
    package var optimization = Optimization.full
    /// Threads inside one run; concurrency between runs is the caller's.
    package var threadsPerRun = 1
    /// Runs that will be in flight at a time; an engine sizes its pools by it.
    package var concurrentRuns = 1
    package var precision: Precision = .float32
    /// How many numbers in a row share a scale where an engine rounds activations to 8 bits by itself, as OpenVINO does before
    /// products with weights in 8 bits; `nil`: as many as it chooses (32). Larger groups are faster and less exact.
    package var roundingGroup: Int?
    /// The beginning of the name of a file into which the engine writes how long each node took, once the session is gone.
    /// Only for engines with `recordsOptimization`.
    package var profile: String?
    /// The signature that the model itself declares, where it is known. The session then has its names and axes, which
    /// engines report only in part, and refuses a model that contradicts it.
    package var declared: Signature?

    package init() {}
}
