import Engines
import Foundation
import LiteRT
import ModelGraph
import TensorFlow
import Tensors
import TestSupport
import Testing

@testable import Workshop

/// The networks of `Examples/`, whatever library they came from, on the engine LiteRT and written as SavedModels, beside
/// ONNX Runtime.
@Suite struct FormatTests {
    /// Folders, and how many of their networks have a form in LiteRT at least; the rest uses operators that it lacks.
    static let folders: [(path: String, least: Int)] = [
        ("digits", 2), ("running-mean", 1), ("tflite", 7), ("saved-model", 2), ("keras/3.15", 9), ("pytorch/2.15", 8),
    ]

    @Test(arguments: folders.map(\.path))
    func answersAreThoseOfONNXRuntime(_ folder: String) throws {
        let lite = try EngineCatalog.translating().engine(.liteRT)
        var (ran, written) = (0, 0)
        for file in try ExampleNetwork.all(in: folder) {
            let network = try ExampleNetwork(file)
            if let session = try? lite.load(.memory(network.bytes), options: SessionOptions()),
                let difference = try network.difference(session)
            {
                ran += 1
                FormatLine.say("LiteRT, run", file, difference)
                #expect(difference <= network.allowed, "\(file): \(difference)")
            }
            guard let made = try? network.model.convertedToSavedModel() else { continue }
            let again = try SavedModelConversion.convert(try SavedModelFile(SavedModelFile.Parts(graph: made.buffer)))
            let session = try ExampleNetwork.session(again.model)
            let difference = try #require(try network.difference(session, rows: made.batch ?? 3), "\(file)")
            written += 1
            FormatLine.say("SavedModel, out and in", file, difference)
            #expect(difference <= network.allowed, "\(file): \(difference)")
        }
        let least = Self.folders.first { $0.path == folder }?.least ?? 0
        #expect(ran >= least && written >= least, "\(folder): \(ran) ran, \(written) were written")
    }
}

/// A network of `Examples/` as ONNX, on ONNX Runtime.
private struct ExampleNetwork {
    let model: Model
    let bytes: TensorBuffer
    private let session: any Session

    /// What is accepted: a step of a network whose outputs are integers.
    var allowed: Double {
        session.signature.outputs.allSatisfy { !$0.elementType.isFloatingPoint } ? 1 : 1e-5
    }

    init(_ file: String) throws {
        let path = "\(Slipway.root)/Examples/\(file)"
        if file.hasSuffix(".onnx") {
            model = try Model.read(path: path)
        } else {
            var made: [UInt8] = []
            _ = try ForeignDoor.convert(path: path) { piece in
                made.append(contentsOf: piece)
                return true
            }
            model = try Model.read(ByteView(copying: made).buffer)
        }
        bytes = ByteView(copying: try model.encoded()).buffer
        session = try Self.session(model)
    }

    static func session(_ model: Model) throws -> any Session {
        try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
    }

    /// Files of networks in a folder of `Examples/`, without what is broken on purpose.
    static func all(in folder: String) throws -> [String] {
        let kinds = [".onnx", ".tflite", ".zip", ".keras", ".pt2"]
        return try FileManager.default.contentsOfDirectory(atPath: "\(Slipway.root)/Examples/\(folder)").sorted()
            .filter { name in kinds.contains(where: name.hasSuffix) }
            .filter { !["expected.zip", "bad.onnx", "broken.onnx"].contains($0) }
            .map { "\(folder)/\($0)" }
    }

    /// The largest difference on the first kind of made-up inputs that both run, matched by name; `nil` where none does.
    func difference(_ other: any Session, rows: Int = 2) throws -> Double? {
        for kind in SampleInputs.Kind.allCases {
            let given = try SampleInputs(kind: kind).tensors(for: session.signature, rows: rows)
            let names = session.signature.inputs.map(\.name)
            let turned = other.signature.inputs.compactMap { port in names.firstIndex(of: port.name).map { given[$0] } }
            guard let expected = try? session.run(given), let made = try? other.run(turned) else { continue }
            var largest = 0.0
            for (port, tensor) in zip(session.signature.outputs, expected) {
                let place = try #require(other.signature.outputs.firstIndex { $0.name == port.name })
                try #require(made[place].shape == tensor.shape && made[place].elementType == tensor.elementType)
                for (one, two) in zip(try tensor.doubles(), try made[place].doubles()) where one != two {
                    largest = max(largest, abs(one - two) / (tensor.elementType.isFloatingPoint ? max(1, abs(one)) : 1))
                }
            }
            return largest
        }
        return nil
    }
}
