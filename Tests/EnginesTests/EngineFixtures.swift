import Foundation
import LiteRT
import Tensors

@testable import Engines

/// What every engine test needs: the engines, the models beside `generate.py`, and short ways to make tensors.
enum Fixtures {
    static let catalog = EngineCatalog.translating()

    /// Engines that run graphs whose outputs have sizes that numbers in the inputs decide. LiteRT's files have fixed sizes.
    static let sizing: [EngineKind] = [.onnxRuntime, .openVINO]

    /// The engine, or a failure that carries the command which fixes it. A missing engine never skips a test.
    static func engine(_ kind: EngineKind) throws -> any Engine {
        try catalog.engine(kind)
    }

    static func path(_ model: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(model).onnx").path
    }

    static func memory(_ model: String) throws -> ModelSource {
        let data = try Data(contentsOf: URL(filePath: path(model)))
        return .memory(buffer([UInt8](data)))
    }

    static func buffer(_ bytes: [UInt8]) -> TensorBuffer {
        let buffer = TensorBuffer(capacity: bytes.count)
        buffer.mutableBytes.copyBytes(from: bytes)
        return buffer
    }

    /// A session of the model, loaded from its file.
    static func session(
        _ model: String, on kind: EngineKind, _ configure: (inout SessionOptions) -> Void = { _ in }
    ) throws -> any Session {
        var options = SessionOptions()
        configure(&options)
        return try engine(kind).load(.file(path(model)), options: options)
    }

    static func floats(_ dimensions: [Int], _ values: [Float]) throws -> Tensor {
        try Tensor(.float32, Shape(dimensions), values: values)
    }
}

extension Tensor {
    var floats: [Float]? { elementType == .float32 ? values(as: Float.self) : nil }
}

/// The network of `mlp.onnx`, computed plainly. Every value is a multiple of 1/64, so engines must agree exactly.
enum MLPReference {
    static func scores(_ pixels: [Float]) -> [Float] {
        stride(from: 0, to: pixels.count, by: 4).flatMap { row in
            let hidden = (0..<8).map { column in
                max(0, (0..<4).reduce(Float(0)) { $0 + pixels[row + $1] * weight($1, column) })
            }
            return (0..<3).map { column in
                (0..<8).reduce([0.5, -0.25, 1.0][column]) { $0 + hidden[$1] * weight($1, column) }
            }
        }
    }

    private static func weight(_ row: Int, _ column: Int) -> Float {
        Float((7 * row + 3 * column) % 11 - 5) / 8
    }

    /// `rows` rows of small multiples of 1/8.
    static func pixels(rows: Int, seed: Int = 0) -> [Float] {
        (0..<(rows * 4)).map { Float(($0 * 5 + seed) % 17 - 8) / 8 }
    }
}
