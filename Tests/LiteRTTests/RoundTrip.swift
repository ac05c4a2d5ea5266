import Engines
import ModelGraph
import Tensors
import Testing

@testable import LiteRT

/// A model and what was read of the file that was written of it, both run on ONNX Runtime.
enum RoundTrip {
    /// The largest difference of their answers. Inputs and outputs are matched by name: signatures have no order.
    static func difference(
        _ model: Model, _ again: Model, rows: Int, channelsLast: Bool, _ name: String
    ) throws -> Double {
        let (before, after) = (try session(model), try session(again))
        let given = try SampleInputs(seed: 7).tensors(for: before.signature, rows: rows)
        let names = before.signature.inputs.map(\.name)
        #expect(Set(after.signature.inputs.map(\.name)) == Set(names), "\(name)")
        let turned = try after.signature.inputs.map { port in
            let input = given[try #require(names.firstIndex(of: port.name), "\(name)")]
            return channelsLast ? try input.turned([0, 2, 3, 1]) : input
        }
        let made = try after.run(turned)
        var largest = 0.0
        for (port, expected) in zip(before.signature.outputs, try before.run(given)) {
            let place = try #require(after.signature.outputs.firstIndex { $0.name == port.name }, "\(name)")
            let answer = channelsLast ? try made[place].turned([0, 3, 1, 2]) : made[place]
            #expect(answer.shape == expected.shape && answer.elementType == expected.elementType, "\(name)")
            for (one, two) in zip(try expected.doubles(), try answer.doubles()) {
                largest = max(largest, (one - two).magnitude / max(1, one.magnitude))
            }
        }
        return largest
    }

    static func session(_ model: Model) throws -> any Session {
        try EngineCatalog().engine(.onnxRuntime).load(
            .memory(ByteView(copying: try model.encoded()).buffer), options: SessionOptions())
    }
}

extension Tensor {
    /// Images with their axes in another order; everything else as it is.
    fileprivate func turned(_ order: [Int]) throws -> Tensor {
        guard shape.dimensions.count == 4 else { return self }
        return try ordered(AxisOrder(order))
    }
}
