import Glibc
import Subprocess
import Tensors
import TestSupport
import Testing

/// A thousand damaged copies of each example: an error or a load, never a trap or a hang. The parser runs in a child,
/// so that a trap is a failure here and not the end of the tests.
@Suite struct DamageTests {
    /// A parser and a file for it, below the checkout.
    struct Case: CustomTestStringConvertible, Sendable {
        var target: String
        var file: String

        var testDescription: String { "\(target) \(file)" }
    }

    static let cases =
        [
            "onnx": [
                "Examples/iris/iris.onnx", "Examples/iris/iris-zipmap.onnx", "Examples/digits/mlp.onnx",
                "Examples/digits/cnn.onnx", "Examples/digits/bad.onnx", "Examples/digits/broken.onnx",
                "Tests/ModelGraphTests/Fixtures/external.onnx", "Tests/ModelGraphTests/Fixtures/control.onnx",
                "Tests/ModelGraphTests/Fixtures/types.onnx",
            ],
            "npz": [
                "Examples/digits/held-out.npz", "Examples/digits/expected.npz",
                "Tests/TensorsTests/Fixtures/compressed.npz", "Tests/TensorsTests/Fixtures/streamed.npz",
            ],
            "npy": ["Tests/TensorsTests/Fixtures/fortran_f4.npy", "Tests/TensorsTests/Fixtures/unicode.npy"],
            "csv": ["Examples/iris/iris.csv"],
            "json": ["Examples/digits/sample.json", "Examples/digits/expected.json", "Examples/iris/sample.json"],
            "processing": ["Examples/digits/processing.json", "Examples/digits/image-processing.json"],
            "pickle": [
                "Examples/scikit-learn/1.5/pipeline-linear.joblib", "Examples/scikit-learn/1.9/tree-classifier.joblib",
                "Examples/scikit-learn/1.0/columns.pkl", "Tests/PickleTests/Fixtures/state.pt",
                "Tests/PickleTests/Fixtures/legacy.pt", "Tests/PickleTests/Fixtures/canary.npz",
            ],
            "hdf5": ["Tests/HDF5Tests/Fixtures/chunks.h5", "Tests/HDF5Tests/Fixtures/newer.h5"],
            "keras": [
                "Examples/keras/2.15/plain.h5", "Examples/keras/2.15/recurrent.h5",
                "Examples/keras/3.15/dense.keras",
            ],
            "torch": ["Examples/pytorch/2.15/convolutional.core.pt2", "Examples/pytorch/2.15/shapes.pt2"],
            "tflite": [
                "Examples/tflite/toolbox.tflite", "Examples/tflite/vision-int8.tflite",
                "Examples/tflite/steps.tflite",
            ],
            "savedmodel": ["Tests/Fuzz/Corpus/savedmodel/session", "Tests/Fuzz/Corpus/savedmodel/loops"],
            "bundle": ["Tests/Fuzz/Corpus/bundle/variables.index"],
            "safetensors": ["Tests/PickleTests/Fixtures/weights.safetensors"],
            "seal": [
                "Tests/SealsTests/Fixtures/reference-p256.sig", "Tests/Fuzz/Corpus/seal/statement",
                "Tests/Fuzz/Corpus/seal/header",
            ],
            "pbtxt": [
                "Examples/triton/model_repository/digits/config.pbtxt",
                "Examples/triton/model_repository/running_mean/config.pbtxt",
                "Examples/triton/model_repository/scaled_digits/config.pbtxt",
            ],
            "profile": ["Tests/Fuzz/Corpus/profile/mixed"],
            "mlmodel": ["Examples/mlflow/flowers/MLmodel"],
            "settings": ["Tests/Fuzz/Corpus/settings/mlserver", "Tests/Fuzz/Corpus/settings/kserve"],
            "image": [
                "baseline-420-17x33.jpg", "progressive-420-17x33.jpg", "restart.jpg", "restart-progressive.jpg",
                "grey.jpg",
                "orientation-6.jpg", "adam7-rgb16.png", "plain-palette4.png", "plain-la8.png",
            ].map { "Tests/ImagesTests/Fixtures/\($0)" },
        ].sorted { $0.key < $1.key }.flatMap { target, files in files.map { Case(target: target, file: $0) } }

    private static let child = "\(ProgramFolder.path)/FuzzChild"

    @Test(arguments: cases)
    func aThousandDamagedCopiesAreErrorsOrModels(_ item: Case) async throws {
        let outcome = try await Slipway.command(
            Self.child, [item.target, "\(Slipway.root)/\(item.file)", "1", "1000"], within: 120)
        let seed = outcome.output.split(separator: "\n").last ?? "none"
        #expect(outcome.exitCode == 0, "seed \(seed): \(outcome.status) \(outcome.talk)")
        #expect(seed == "1000")
    }

    /// A child that dies is seen, with the seed.
    @Test func aChildThatCannotReadItsFileIsAFailure() async throws {
        #expect(try await Slipway.command(Self.child, ["onnx", "/nowhere", "1", "10"]).exitCode == 64)
        #expect(try await Slipway.command(Self.child, ["nothing", Self.cases[0].file, "1", "10"]).exitCode == 64)
    }

    /// Inputs that once did harm, or show how harm was done elsewhere.
    @Test(arguments: Corpus.files)
    func theCorpusIsSurvivedWhole(_ item: Case) async throws {
        let outcome = try await Slipway.command(Self.child, [item.target, "\(Slipway.root)/\(item.file)", "0", "0"])
        #expect(outcome.exitCode == 0, "\(outcome)")
    }
}

/// The committed corpus of the fuzzer, as far as the child knows the target.
enum Corpus {
    static let files: [DamageTests.Case] = [
        "onnx", "npy", "npz", "csv", "json", "processing", "seal", "pbtxt", "mlmodel", "settings",
    ]
    .flatMap {
        target in
        let folder = "Tests/Fuzz/Corpus/\(target)"
        return TextFile.list("\(Slipway.root)/\(folder)").map {
            DamageTests.Case(target: target, file: "\(folder)/\($0)")
        }
    }
}

/// Where the program lies that runs the tests; children of the tests lie beside it.
enum ProgramFolder {
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let program = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()
}
