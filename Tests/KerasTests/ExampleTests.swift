import Engines
import Foundation
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import Keras

/// Every network of `Examples/keras`: rebuilt, run on ONNX Runtime, and compared with what Keras answered.
@Suite struct ExampleTests {
    @Test(arguments: Examples.folders)
    func everyNetworkAnswersAsKerasDoes(_ folder: String) throws {
        let examples = try Examples(folder)
        var compared = 0
        for file in examples.files {
            let answers = try examples.answers(file)
            let expected = examples.expected(file)
            #expect(!expected.isEmpty && expected.count == answers.count, "\(folder) \(file)")
            var largest = 0.0
            for (place, (answer, value)) in zip(answers, expected).enumerated() {
                let difference = Difference.largest(answer, value)
                compared += 1
                largest = max(largest, difference)
                #expect(difference <= 1e-5, "\(folder) \(file), output \(place): \(difference)")
            }
            FormatLine.say("Keras, in", "\(folder)/\(file)", largest)
        }
        #expect(compared > 0)
    }

    /// A file in the archive and one in the older format are the same graph.
    @Test func bothFormatsGiveTheSameSignature() throws {
        for folder in Examples.folders {
            let examples = try Examples(folder)
            for file in examples.files where file.hasSuffix(".h5") {
                let other = file.replacing(".h5", with: ".keras")
                guard examples.files.contains(other) else { continue }
                let (one, two) = (try examples.model(file), try examples.model(other))
                #expect(one.graph.nodes.map(\.operatorType) == two.graph.nodes.map(\.operatorType), "\(file)")
            }
        }
    }
}

/// The files of one version.
struct Examples {
    let folder: String
    let files: [String]
    private let arrays: [String: Tensor]

    /// Another folder of the same form: generate.py with --both makes every network in both formats there.
    static let root =
        ProcessInfo.processInfo.environment["SLIPWAY_TEST_KERAS"]
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Examples/keras").path

    /// Folders of versions, which begin with a digit or are named for their library.
    static let folders: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
        .filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/expected.zip") }.sorted()

    init(_ folder: String) throws {
        self.folder = "\(Self.root)/\(folder)"
        files = try FileManager.default.contentsOfDirectory(atPath: self.folder)
            .filter { $0.hasSuffix(".keras") || $0.hasSuffix(".h5") }.sorted()
        arrays = try ExpectedArrays.read(self.folder)
    }

    private static func name(_ file: String) -> String { String(file.prefix { $0 != "." }) }

    func model(_ file: String) throws -> Model {
        let buffer = try MappedFile(path: "\(folder)/\(file)", maximumBytes: 1 << 22).buffer
        return try KerasConversion.convert(try KerasFile(buffer)).model
    }

    /// What the rebuilt network answers, in the order of its outputs.
    func answers(_ file: String) throws -> [Tensor] {
        let model = try model(file)
        let report = model.validate(ValidationOptions())
        #expect(report.isValid, "\(file): \(report.problems)")
        let session = try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
        let given = try session.signature.inputs.map { port in
            try #require(
                arrays["\(Self.name(file))|in|\(port.name)"]
                    ?? (session.signature.inputs.count == 1 ? onlyInput(file) : nil),
                "\(file) \(port.name)")
        }
        return try session.run(given)
    }

    /// Keras names an input that nobody named in its own way each time.
    private func onlyInput(_ file: String) -> Tensor? {
        arrays.first { $0.key.hasPrefix("\(Self.name(file))|in|") }?.value
    }

    func expected(_ file: String) -> [Tensor] {
        let prefix = "\(Self.name(file))|out|"
        return arrays.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// How far two tensors are apart.
enum Difference {
    /// Of numbers up to 1 the difference, of larger ones its share; infinite for other shapes.
    static func largest(_ left: Tensor, _ right: Tensor) -> Double {
        guard left.shape == right.shape, let one = left.values(as: Float.self), let other = right.values(as: Float.self)
        else { return .infinity }
        return zip(one, other).map { abs(Double($0) - Double($1)) / max(1, abs(Double($1))) }
            .reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    }
}
