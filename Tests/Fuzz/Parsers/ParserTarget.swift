import Drift
import Images
import ModelGraph
import Tensors

/// A parser of foreign bytes and everything that is done with what it gives. None may trap, hang, or eat memory
/// without end, whatever the bytes; that they refuse is all right.
enum ParserTarget: String, CaseIterable {
    /// Wire reader, validator, summary, writer.
    case onnx
    case npy
    case npz
    case csv
    /// The strict JSON reader, as a document and as a tensor.
    case json
    /// Declared processing, compiled into a model.
    case processing
    /// JPEG and PNG images, decoded and made a tensor.
    case image
    /// Pickles of every kind, looked through and rebuilt.
    case pickle
    /// Files of weights.
    case safetensors
    /// Signatures: the bundle, and what was signed; and the header of an encrypted archive.
    case seal
    /// Configurations in protobuf's text format.
    case pbtxt
    /// MLflow's description of a model, in YAML.
    case mlmodel
    /// Settings of MLServer's models, in JSON; of BentoML's and KServe's, in YAML.
    case settings
    /// HDF5 files, every object read.
    case hdf5
    /// Keras's files, looked through and rebuilt.
    case keras
    /// What PyTorch exports, rebuilt.
    case torch
    /// Stored profiles of traffic, merged and compared.
    case profile
    /// TFLite's FlatBuffers, rebuilt.
    case tflite
    /// A SavedModel's graph, rebuilt with variables that there are not.
    case savedmodel
    /// The index of a SavedModel's variables.
    case bundle

    /// Arrays in tests stay small, so that memory that grows beyond a file is seen.
    private static let limits = ArrayLimits(bytes: 64 << 20)

    func exercise(_ bytes: [UInt8]) {
        switch self {
        case .onnx: ModelExercise.run(bytes)
        case .npy: if let tensor = try? NPY.read(bytes, limits: Self.limits) { Self.use(tensor) }
        case .npz: for entry in (try? NPZ.read(bytes, limits: Self.limits)) ?? [] { Self.use(entry.tensor) }
        case .csv: Self.table(bytes)
        case .json: Self.json(bytes)
        case .processing: ProcessingExercise.run(bytes)
        case .image: Self.image(bytes)
        case .pickle: PickleExercise.run(bytes)
        case .safetensors: PickleExercise.weights(bytes)
        case .seal: SealExercise.run(bytes)
        case .pbtxt: HouseExercise.configuration(bytes)
        case .mlmodel: HouseExercise.description(bytes)
        case .settings: HouseExercise.settings(bytes)
        case .hdf5: KerasExercise.container(bytes)
        case .keras: KerasExercise.run(bytes)
        case .torch: TorchExercise.run(bytes)
        case .profile: Self.profile(bytes)
        case .tflite: LiteExercise.run(bytes)
        case .savedmodel: SavedModelExercise.graph(bytes)
        case .bundle: SavedModelExercise.index(bytes)
        }
    }

    private static func image(_ bytes: [UInt8]) {
        // Small enough that what swells is seen, large enough that every shape of table is met.
        let limits = ImageLimits(pixels: 1 << 20)
        guard let decoded = try? bytes.withUnsafeBytes({ try ImageDecoder.decode($0, limits: limits) }) else { return }
        precondition(decoded.image.bytes.count == decoded.image.width * decoded.image.height * decoded.image.channels)
        let shape: [Dimension] = [.symbol("N"), .fixed(3), .fixed(9), .fixed(7)]
        var recipe = ImageRecipe()
        recipe.orients = true
        guard let plan = try? ImagePlan(recipe, type: .uint8, dimensions: shape) else { return }
        var images = StringElements()
        images.append(bytes)
        _ = try? plan.tensor(of: images, limits: limits, budget: limits.pixels)
    }

    private static func profile(_ bytes: [UInt8]) {
        guard let profile = try? Profile(encoded: bytes) else { return }
        let text = profile.encoded
        guard let again = try? Profile(encoded: text), again.encoded == text else {
            preconditionFailure("what was written does not read back as itself")
        }
        var merged = profile
        try? merged.merge(profile)
        _ = DriftReport(reference: profile, windows: [merged, profile])
        precondition(merged.sketches.allSatisfy { $0.memoryBytes <= 12_288 }, "a sketch swells")
    }

    private static func use(_ tensor: Tensor) {
        _ = tensor.shape.description
        _ = tensor.values(as: Float.self)?.last
        _ = tensor.values(as: Int64.self)?.last
    }

    private static func table(_ bytes: [UInt8]) {
        guard let table = try? CSVTable.read(bytes, limits: limits) else { return }
        let names = table.columns.map(\.name)
        for name in names { _ = try? table.column(named: name).tensor() }
        _ = try? table.matrix(of: names)
    }

    private static func json(_ bytes: [UInt8]) {
        if let value = try? JSONValue.parse(bytes) {
            let text = value.encoded()
            guard let again = try? JSONValue.parse(text), again.encoded() == text else {
                preconditionFailure("what was written does not read back as itself")
            }
        }
        bytes.withUnsafeBytes { raw in
            guard let shape = try? Shape([2, 3]) else { return }
            for type in [ElementType.float32, .int8, .uint64, .bool, .float64] {
                var scanner = JSONScanner(raw)
                var elements = [UInt64](repeating: 0, count: 6)
                elements.withUnsafeMutableBytes { space in
                    guard let needed = try? shape.byteCount(of: type) else { return }
                    let exact = UnsafeMutableRawBufferPointer(rebasing: space[..<needed])
                    try? scanner.tensorElements(type, shape, into: exact)
                }
            }
            var scanner = JSONScanner(raw)
            _ = try? scanner.stringElements(shape)
        }
    }
}
