import Engines
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import TensorFlow

/// Every archive of `Examples/saved-model`: rebuilt, run on ONNX Runtime, and compared with what TensorFlow answered.
@Suite struct SavedModelTests {
    @Test(arguments: SavedExamples.names)
    func aSavedModelAnswersAsTensorFlowDoes(_ name: String) throws {
        let examples = try SavedExamples()
        let model = try examples.model(name)
        let report = model.validate(ValidationOptions())
        #expect(report.isValid, "\(name): \(report.problems)")
        let session = try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
        let given = try session.signature.inputs.map { port in
            try #require(examples.arrays["\(name)|in|\(port.name)"], "\(name) \(port.name)")
        }
        let answers = try session.run(given)
        var largest = 0.0
        #expect(answers.count == examples.arrays.keys.count { $0.hasPrefix("\(name)|out|") })
        for (port, answer) in zip(session.signature.outputs, answers) {
            let expected = try #require(examples.arrays["\(name)|out|\(port.name)"], "\(name) \(port.name)")
            #expect(answer.elementType == expected.elementType && answer.shape == expected.shape, "\(port.name)")
            for (one, other) in zip(try answer.doubles(), try expected.doubles()) {
                largest = max(largest, abs(one - other) / max(1, abs(other)))
            }
        }
        #expect(largest <= 1e-5)
        FormatLine.say("SavedModel, in", name, largest)
    }

    @Test func aLoopOverStepsBecomesALoopAndItsListsAreScanned() throws {
        let model = try SavedExamples().model("steps")
        let loops = model.graph.nodes.filter { $0.operatorType == "Loop" }
        #expect(loops.count == 2, "\(loops.map(\.name))")
        #expect(loops.allSatisfy { ($0.subgraphs.first?.nodes.count ?? 0) > 5 })
        #expect(try model.signature.inputs.map(\.shapeDescription) == ["[N, steps_1, 4]"])
    }

    @Test func transpositionsStandOnlyWhereAnImageBeginsAndEnds() throws {
        let model = try SavedExamples().model("vision")
        #expect(model.graph.nodes.count { $0.operatorType == "Conv" } == 2)
        #expect(model.graph.nodes.count { $0.operatorType == "BatchNormalization" } <= 1)
    }

    @Test func aSignatureThatIsNotThereIsToldWithThoseThatAre() throws {
        let file = try SavedExamples().file("vision")
        let error = #expect(throws: TensorFlowError.self) {
            try SavedModelConversion.convert(file, signature: "train")
        }
        #expect(error?.message.contains("'train'") == true && error?.help.contains("serving_default") == true)
    }

    @Test func aScanNamesWhatDoesMoreThanCompute() throws {
        let scan = SavedModelScan(try SavedExamples().file("vision"))
        #expect(scan.outcome == .harmless, "\(scan.findings.filter { $0.verdict != .harmless }.map(\.name))")
        #expect(OperatorDanger.reason("WriteFile") != nil && OperatorDanger.reason("PyFunc") != nil)
    }

    /// A damaged index or value is an error, or a byte that means nothing: never a model with other weights.
    @Test func variablesAreThoseThatWereWrittenOrRefused() throws {
        let parts = try SavedExamples().parts("session")
        let whole = try SavedModelConversion.convert(try SavedModelFile(parts)).model.encoded()
        var refused = 0
        func damage(_ damaged: SavedModelFile.Parts) throws {
            do throws(TensorFlowError) {
                let model = try SavedModelConversion.convert(try SavedModelFile(damaged)).model
                #expect((try? model.encoded()) == whole)
            } catch {
                refused += 1
            }
        }
        let (index, values) = (try #require(parts.index), try #require(parts.shards.first))
        for place in stride(from: 0, to: index.capacity, by: 3) {
            var damaged = parts
            damaged.index = Self.flipped(index, place)
            try damage(damaged)
        }
        #expect(refused > index.capacity / 6)
        refused = 0
        for place in 0..<values.capacity {
            var damaged = parts
            damaged.shards = [Self.flipped(values, place)]
            try damage(damaged)
        }
        #expect(refused == values.capacity, "a value without a checksum")
        var damaged = parts
        damaged.shards = []
        #expect(throws: TensorFlowError.self) { _ = try SavedModelFile(damaged) }
    }

    /// Each byte of a small graph, and places all over one of TensorFlow's own: an error or a model, never a trap.
    @Test(arguments: [0x00, 0x7f, 0x80, 0xff] as [UInt8])
    func everyByteOfAGraphMayBeWrong(_ byte: UInt8) throws {
        let small = try MappedFile(path: SavedExamples.written, maximumBytes: 1 << 16).buffer
        try damage(SavedModelFile.Parts(graph: small), byte, every: 1)
        try damage(try SavedExamples().parts("session"), byte, every: 23)
    }

    private func damage(_ parts: SavedModelFile.Parts, _ byte: UInt8, every step: Int) throws {
        _ = try SavedModelConversion.convert(try SavedModelFile(parts))
        for place in stride(from: Int(byte) % step, to: parts.graph.capacity, by: step) {
            var damaged = parts
            let copy = ByteView(copying: Array(parts.graph.bytes)).buffer
            copy.mutableBytes[place] = byte
            damaged.graph = copy
            _ = try? SavedModelConversion.convert(try SavedModelFile(damaged))
        }
    }

    private static func flipped(_ buffer: TensorBuffer, _ place: Int) -> TensorBuffer {
        let copy = ByteView(copying: Array(buffer.bytes)).buffer
        copy.mutableBytes[place] ^= 0x40
        return copy
    }
}

/// The archives of `Examples/saved-model` and what TensorFlow answered.
struct SavedExamples {
    static let names = ["session", "steps", "toolbox", "vision"]
    /// A graph that `convert` wrote, of some hundred bytes; a seed of the fuzzer's, too.
    static let written = "\(Slipway.root)/Tests/Fuzz/Corpus/savedmodel/written"
    let arrays: [String: Tensor]
    private let folder: String

    init() throws {
        folder = "\(Slipway.root)/Examples/saved-model"
        arrays = try ExpectedArrays.read(folder)
    }

    func parts(_ name: String) throws -> SavedModelFile.Parts {
        let buffer = try MappedFile(path: "\(folder)/\(name).zip", maximumBytes: 1 << 20).buffer
        return try #require(try SavedModelFile.parts(inZip: buffer))
    }

    func file(_ name: String) throws -> SavedModelFile { try SavedModelFile(try parts(name)) }

    func model(_ name: String) throws -> Model { try SavedModelConversion.convert(try file(name)).model }
}
