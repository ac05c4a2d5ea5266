import Engines
import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import LiteRT

/// Quantised models as integers on LiteRT, beside ONNX Runtime.
@Suite struct IntegerTests {
    static let networks: [(name: String, make: @Sendable (ElementType) throws -> Model)] = [
        ("residual", residual), ("dense", dense),
    ]

    @Test func answersAreWithinOneStepOfONNXRuntime() async throws {
        let folder = try TemporaryDirectory()
        let engine = try EngineCatalog().engine(.onnxRuntime)
        var arguments = ["-c", RunnerScript.text]
        var expected: [[Tensor]] = []
        let cases = Self.networks.flatMap { network in [ElementType.int8, .uint8].map { (network, $0) } }
        for (index, (network, type)) in cases.enumerated() {
            let model = try network.make(type)
            var options = ConversionOptions()
            options.batch = 2
            let paths = ["model.tflite", "given.npz", "made.npz"].map { folder.file("\(index).\($0)") }
            try Self.write(FileTests.bytes(try model.convertedToLiteRT(options)), to: paths[0])
            let session = try engine.load(
                .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
            let inputs = try SampleInputs(seed: 3).tensors(for: session.signature, rows: 2)
            try NPZ.write(inputs.enumerated().map { (String($0), $1) }, to: paths[1])
            expected.append(try session.run(inputs))
            arguments += paths
        }
        let outcome = try await Slipway.command(Slipway.python(), arguments)
        try #require(outcome.exitCode == 0, "\(outcome)")
        for (index, (network, type)) in cases.enumerated() {
            let made = try NPZ.read(path: folder.file("\(index).made.npz"))
            for (output, tensor) in expected[index].enumerated() {
                let other = try #require(made.first { $0.name == String(output) }?.tensor)
                #expect(other.shape == tensor.shape)
                let steps = zip(try tensor.doubles(), try other.doubles()).map {
                    ($0 - $1).magnitude / Double(Self.step)
                }
                FormatLine.say("TFLite, integers, out", "\(network.name), \(type)", steps.max() ?? 0)
                #expect(steps.allSatisfy { $0 <= 1.001 }, "\(network.name) \(type): \(steps.max() ?? 0) steps")
                #expect(Set(try tensor.doubles()).count > 4, "the answers say something")
            }
        }
    }

    /// What computes reads and makes INT8, with biases of 32 bits; nothing is left in between.
    @Test(arguments: [ElementType.int8, .uint8])
    func convolutionsAndSumsComputeWithIntegers(_ type: ElementType) throws {
        let model = try Self.residual(type).convertedToLiteRT().model
        let codes: Set<LiteOperatorCode> = [
            .convolution, .depthwiseConvolution, .add, .fullyConnected, .mean, .maxPool,
        ]
        let found = model.operators.filter { codes.contains($0.code) }
        #expect(Set(found.map(\.code)) == codes)
        for operation in found {
            #expect(model.tensors[operation.inputs[0]].type == .int8, "\(operation.code)")
            #expect(model.tensors[operation.outputs[0]].type == .int8, "\(operation.code)")
        }
        let weights = found.filter { $0.code == .convolution }.map { model.tensors[$0.inputs[1]] }
        #expect(weights.allSatisfy { $0.type == .int8 && ($0.quantization?.scales.count ?? 0) == $0.shape[0] })
        #expect(found.filter { $0.inputs.count == 3 }.allSatisfy { model.tensors[$0.inputs[2]].type == .int32 })
        #expect(model.operators.count { $0.code == .dequantize } == 1 && !model.tensors.contains { $0.type == .uint8 })
    }

    /// A kernel that wants scales of its own computes in FP32, and weights with a zero point do, too.
    @Test func whatLiteRTHasNoIntegersForStaysAsItIs() throws {
        var b = ModelBuilder(seed: 4)
        let x = try b.requantized(b.input("x", .float32, [.symbol("N"), .fixed(6)]), 0.03, 3, .int8)
        let soft = try b.requantized(b.node("Softmax", [x]), 0.02, 0, .int8)
        let model = try b.model([soft]).convertedToLiteRT().model
        let operation = try #require(model.operators.first { $0.code == .softmax })
        #expect(model.tensors[operation.inputs[0]].type == .float32)
        #expect(model.operators.map(\.code) == [.quantize, .dequantize, .softmax, .quantize, .dequantize])
    }

    @Test func aScaleForEachSliceOfAValueIsRefused() throws {
        var b = ModelBuilder(seed: 5)
        let x = b.input("x", .float32, [.symbol("N"), .fixed(2)])
        let scales = try b.constant(Tensor(.float32, Shape([2]), values: [0.1, 0.2] as [Float]))
        let points = try b.constant(Tensor(.int8, Shape([2]), values: [0, 0] as [Int8]))
        let made = b.node("QuantizeLinear", [x, scales, points], [.int("axis", 1)])
        let model = b.model([made], types: [.int8])
        do throws(ConversionError) {
            _ = try model.convertedToLiteRT()
            Issue.record("was converted")
        } catch {
            #expect(error.problems.first?.contains("a scale for each slice") == true, "\(error)")
        }
    }

    // MARK: - Networks

    static let step: Float = 0.04

    @Sendable private static func residual(_ type: ElementType) throws -> Model {
        var b = ModelBuilder(seed: 1)
        let x = b.input("image", .float32, [.symbol("N"), .fixed(3), .fixed(10), .fixed(9)])
        let given = try b.requantized(x, 0.01, 4, type)
        let first = try b.requantized(
            b.node("Relu", [b.convolution(given, 3, 8, from: 0.01, stride: 2)]), 0.02, -128, type)
        let inner = try b.requantized(b.convolution(first, 8, 8, from: 0.02, group: 8), 0.02, -7, type)
        let pooled = b.node("MaxPool", [first], [.ints("kernel_shape", [3, 3]), .ints("pads", [1, 1, 1, 1])])
        let clean = try b.requantized(inner, 0.02, -128, type)
        let small = b.node("MaxPool", [clean], [.ints("kernel_shape", [2, 2]), .ints("strides", [2, 2])])
        let other = b.node(
            "AveragePool", [pooled], [.ints("kernel_shape", [2, 2]), .ints("strides", [2, 2])])
        let sum = try b.requantized(
            b.node("Add", [b.requantized(small, 0.02, -128, type), b.requantized(other, 0.02, -128, type)]), 0.03, -120,
            type)
        let mean = try b.requantized(b.node("GlobalAveragePool", [sum]), 0.03, -120, type)
        let flat = try b.requantized(b.node("Flatten", [mean]), 0.03, -120, type)
        return try b.model([b.requantized(b.product(flat, 8, 12, from: 0.03), step, 5, type)])
    }

    @Sendable private static func dense(_ type: ElementType) throws -> Model {
        var b = ModelBuilder(seed: 2)
        let x = try b.requantized(b.input("pixels", .float32, [.symbol("N"), .fixed(20)]), 0.01, -3, type)
        let h = try b.requantized(b.node("Relu", [b.product(x, 20, 16, from: 0.01)]), 0.02, -128, type)
        return try b.model([b.requantized(b.product(h, 16, 10, from: 0.02), step, 0, type)])
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) } == bytes.count)
    }
}

extension ModelBuilder {
    /// A value rounded to integers and back; `point` as it is for INT8.
    mutating func requantized(_ x: String, _ scale: Float, _ point: Int, _ type: ElementType) throws -> String {
        let zero =
            type == .int8
            ? try Tensor(.int8, .scalar, values: [Int8(point)])
            : try Tensor(.uint8, .scalar, values: [UInt8(point + 128)])
        let parameters = [try scalar(scale), try constant(zero)]
        return node("DequantizeLinear", [node("QuantizeLinear", [x] + parameters)] + parameters)
    }

    /// Weights in INT8 with a scale for each slice of `axis`.
    mutating func integerWeights(_ shape: [Int], axis: Int) throws -> (name: String, scales: [Float]) {
        // Of seven bits: processors that add up pairs of products in 16 bits cut larger ones, and ONNX Runtime with them.
        let values = (0..<shape.reduce(1, *)).map { _ in Int8(number() * 63) }
        let scales = (0..<shape[axis]).map { 0.004 + 0.0006 * Float($0 % 5) }
        let inputs = [
            try constant(Tensor(.int8, Shape(shape), values: values)),
            try constant(Tensor(.float32, Shape([scales.count]), values: scales)),
            try constant(Tensor(.int8, Shape([scales.count]), values: [Int8](repeating: 0, count: scales.count))),
        ]
        return (node("DequantizeLinear", inputs, [.int("axis", Int64(axis))]), scales)
    }

    /// A bias in INT32, in steps of the sum.
    private mutating func integerBias(_ scales: [Float]) throws -> String {
        let values = scales.map { _ in Int32(number() * 3000) }
        let inputs = [
            try constant(Tensor(.int32, Shape([scales.count]), values: values)),
            try constant(Tensor(.float32, Shape([scales.count]), values: scales)),
        ]
        return node("DequantizeLinear", inputs, [.int("axis", 0)])
    }

    mutating func convolution(
        _ x: String, _ channels: Int, _ made: Int, from scale: Float, stride: Int64 = 1, group: Int = 1
    ) throws -> String {
        let (weights, scales) = try integerWeights([made, channels / group, 3, 3], axis: 0)
        let bias = try integerBias(scales.map { $0 * scale })
        return node(
            "Conv", [x, weights, bias],
            [
                .ints("pads", [1, 1, 1, 1]), .ints("strides", [stride, stride]), .int("group", Int64(group)),
                .ints("kernel_shape", [3, 3]),
            ])
    }

    mutating func product(_ x: String, _ width: Int, _ made: Int, from scale: Float) throws -> String {
        let (weights, scales) = try integerWeights([made, width], axis: 0)
        return node("Gemm", [x, weights, try integerBias(scales.map { $0 * scale })], [.int("transB", 1)])
    }
}
