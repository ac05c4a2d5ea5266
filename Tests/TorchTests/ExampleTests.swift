import Engines
import Foundation
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import Torch

/// Every model of `Examples/pytorch`: rebuilt, run on ONNX Runtime, and compared with what PyTorch answered.
@Suite struct ExampleTests {
    @Test(arguments: Examples.folders)
    func everyModelAnswersAsPyTorchDoes(_ folder: String) throws {
        let examples = try Examples(folder)
        var compared = 0
        for file in examples.files {
            let answers: [Tensor]
            do {
                answers = try examples.answers(file)
            } catch let error as TorchError {
                Issue.record("\(folder) \(file): \(error.message) \(error.causes)")
                continue
            }
            let expected = examples.expected(file)
            #expect(!expected.isEmpty && expected.count == answers.count, "\(folder) \(file)")
            var largest = 0.0
            for (place, (answer, value)) in zip(answers, expected).enumerated() {
                let difference = Difference.largest(answer, value)
                compared += 1
                largest = max(largest, difference)
                #expect(difference <= 1e-5, "\(folder) \(file), output \(place): \(difference)")
            }
            FormatLine.say("PyTorch, in", "\(folder)/\(file)", largest)
        }
        #expect(compared > 0)
    }
}

/// The files of one version.
struct Examples {
    let folder: String
    let files: [String]
    private let arrays: [String: Tensor]

    /// Another folder of the same form, for a run by hand.
    static let root =
        ProcessInfo.processInfo.environment["SLIPWAY_TEST_PYTORCH"]
        ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Examples/pytorch").path

    static let folders: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
        .filter { FileManager.default.fileExists(atPath: "\(root)/\($0)/expected.zip") }.sorted()

    init(_ folder: String) throws {
        self.folder = "\(Self.root)/\(folder)"
        files = try FileManager.default.contentsOfDirectory(atPath: self.folder)
            .filter { $0.hasSuffix(".pt2") || $0.hasSuffix(".pt") }.sorted()
        arrays = try ExpectedArrays.read(self.folder)
    }

    private static func name(_ file: String) -> String { String(file.prefix { $0 != "." }) }

    static func archive(_ path: String) throws -> TorchArchive {
        try #require(TorchArchive(ifTorch: try MappedFile(path: path, maximumBytes: 1 << 22).buffer), "\(path)")
    }

    func model(_ file: String) throws -> Model {
        try TorchConversion.convert(try Self.archive("\(folder)/\(file)"), shapes: shapes(file)).model
    }

    /// A program of TorchScript does not say which shapes it takes.
    private func shapes(_ file: String) -> [InputShape] {
        guard file.hasSuffix(".pt") else { return [] }
        return asked(file).map { InputShape($0.elementType, $0.shape.dimensions.map { .fixed($0) }) }
    }

    func asked(_ file: String) -> [Tensor] { listed("\(Self.name(file))|in|") }

    func expected(_ file: String) -> [Tensor] { listed("\(Self.name(file))|out|") }

    private func listed(_ prefix: String) -> [Tensor] {
        arrays.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// What the rebuilt model answers, in the order of its outputs.
    func answers(_ file: String) throws -> [Tensor] {
        let model = try model(file)
        let report = model.validate(ValidationOptions())
        #expect(report.isValid, "\(file): \(report.problems)")
        let session = try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
        return try session.run(asked(file))
    }
}

/// How far two tensors are apart.
enum Difference {
    /// Of numbers up to 1 the difference, of larger ones its share; infinite for other shapes and types.
    static func largest(_ left: Tensor, _ right: Tensor) -> Double {
        guard left.shape == right.shape, left.elementType == right.elementType,
            let one = try? left.converted(to: .float64).values(as: Double.self),
            let other = try? right.converted(to: .float64).values(as: Double.self)
        else { return .infinity }
        return zip(one, other).map { $0 == $1 ? 0 : abs($0 - $1) / max(1, abs($1)) }
            .reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
    }
}
