import Engines
import Foundation
import ModelGraph
import Pickle
import Tensors
import TestSupport
import Testing

@testable import Sklearn

/// Every model of `Examples/scikit-learn`: rebuilt, run on ONNX Runtime, and compared with what scikit-learn answered.
@Suite struct ExampleTests {
    static let versions = ["1.0", "1.3", "1.5", "1.9"]

    @Test(arguments: versions)
    func everyModelAnswersAsScikitLearnDoes(_ version: String) throws {
        let examples = try Examples(version)
        #expect(examples.names.count >= 20)
        for name in examples.names {
            var largest = 0.0
            let answers = try examples.answers(name)
            let expected = examples.expected(name)
            #expect(!expected.isEmpty, "\(name)")
            for (output, value) in expected {
                let answer = try #require(answers[output], "\(version) \(name) \(output)")
                let difference = Difference(answer, value)
                largest = max(largest, difference.largest)
                #expect(difference.isWithin(1e-5), "\(version) \(name) \(output)")
            }
            FormatLine.say("scikit-learn, in", "\(version)/\(name)", largest)
        }
    }

    /// Where both convert a model. Single precision is what skl2onnx computes in, so that distances differ more.
    @Test(arguments: versions)
    func everyModelAnswersAsThatOfSkl2onnx(_ version: String) throws {
        let examples = try Examples(version)
        var compared = 0
        for name in examples.names {
            guard let other = examples.arrays["\(name)|skl2onnx"] else { continue }
            let answers = try examples.answers(name)
            let ours = answers["probabilities"] ?? answers["prediction"] ?? answers["features"] ?? answers["distances"]
            guard let ours, ours.elementType == .float32 else { continue }
            compared += 1
            #expect(Difference(ours, other).isWithin(1e-4), "\(version) \(name)")
        }
        #expect(compared >= 12)
    }

    /// The inputs that lie at a threshold and beside it are the sharp ones: a threshold that was rounded to the nearest
    /// number of single precision fails here.
    @Test func thresholdsAreKeptInDoublePrecision() throws {
        let model = try Examples("1.9").model("tree-classifier")
        let node = try #require(model.graph.nodes.first { $0.operatorType == "TreeEnsemble" })
        guard case .tensor(let splits)? = node.attribute("nodes_splits")?.value else {
            Issue.record("no thresholds")
            return
        }
        #expect(splits.elementType == .float64)
    }
}

/// The files of one version.
struct Examples {
    let folder: String
    let arrays: [String: Tensor]
    /// The models' names.
    let names: [String]
    private let files: [String: String]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Examples/scikit-learn").path

    init(_ version: String) throws {
        let folder = "\(Self.root)/\(version)"
        self.folder = folder
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".zip") }
        self.files = Dictionary(
            uniqueKeysWithValues: files.map { (String($0.prefix { $0 != "." }), "\(folder)/\($0)") })
        names = self.files.keys.sorted()
        arrays = try ExpectedArrays.read(folder)
    }

    func path(_ name: String) throws -> String { try #require(files[name]) }

    func model(_ name: String) throws -> Model {
        let bytes = PickleBytes(try MappedFile(path: path(name), maximumBytes: 1 << 20).buffer)
        return try Conversion.convert(try PickleFile(bytes)).model
    }

    /// What was asked: an array, or the name of an equal one.
    func input(_ model: String, _ name: String) throws -> Tensor {
        let tensor = try #require(arrays["\(model)|\(name)"])
        guard tensor.shape.dimensions.isEmpty, let other = tensor.strings?.decoded.first else { return tensor }
        return try #require(arrays[other])
    }

    func answers(_ name: String) throws -> [String: Tensor] {
        let model = try model(name)
        let report = model.validate(ValidationOptions())
        #expect(report.isValid, "\(name): \(report.problems)")
        let session = try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
        let outputs = try session.run(try session.signature.inputs.map { try input(name, $0.name) })
        return Dictionary(uniqueKeysWithValues: zip(session.signature.outputs.map(\.name), outputs).map { ($0, $1) })
    }

    /// What scikit-learn answered, by output.
    func expected(_ name: String) -> [String: Tensor] {
        let outputs = ["label", "probabilities", "prediction", "features", "distances"]
        return outputs.reduce(into: [:]) { result, output in result[output] = arrays["\(name)|\(output)"] }
    }
}

/// How far two tensors are apart: labels are equal or not.
struct Difference {
    let largest: Double

    init(_ left: Tensor, _ right: Tensor) {
        if let left = left.strings?.decoded {
            largest = left == right.strings?.decoded ? 0 : .infinity
        } else if let left = left.reals, let right = right.reals, left.count == right.count {
            largest = zip(left, right).map { $0.isNaN && $1.isNaN ? 0 : abs($0 - $1) / max(1, abs($1)) }
                .reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
        } else {
            largest = .infinity
        }
    }

    func isWithin(_ tolerance: Double) -> Bool { largest <= tolerance }
}
