import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// A depthwise network whose channels were spread apart without changing what it answers: with one weight scale for all
/// channels onnxruntime.quantization keeps 30.5 % of its 99.03 %, with a scale for each channel 97.2 %.
@Suite struct HostileNetworkTests {
    private static let folder = String(#filePath.dropLast("HostileNetworkTests.swift".count)) + "Fixtures/depthwise/"

    private static func array(_ name: String) throws -> Tensor {
        let arrays = try ArrayRows.npz(path: folder + "digits.npz")
        let found = try #require(arrays.first { $0.name == name })
        return try found.next(found.rows)
    }

    private static func images(_ name: String) throws -> Tensor {
        let bytes = try array(name)
        return try Tensor(.float32, bytes.shape, values: try bytes.doubles().map { Float($0) / 16 })
    }

    private static func accuracy(_ model: Model, _ images: Tensor, _ labels: [Double]) throws -> Double {
        let scores = try Made.runner().session(model, optimized: true).run([images])[0].doubles()
        let width = scores.count / labels.count
        let right = labels.indices.count { row in
            let own = scores[row * width..<(row + 1) * width]
            return own.indices.max { own[$0] < own[$1] } == row * width + Int(labels[row])
        }
        return Double(right) / Double(labels.count)
    }

    @Test(arguments: [true, false], Calibrator.allCases)
    func spreadChannelsCostNothing(_ scalesChannels: Bool, _ calibrator: Calibrator) throws {
        let model = try Model.read(path: Self.folder + "spread.onnx")
        let (images, labels) = (try Self.images("held"), try Self.array("labels").doubles())
        var settings = RecipeSettings()
        settings.scalesChannels = scalesChannels
        settings.calibrator = calibrator.rawValue
        let source = TensorCalibration([try Self.images("seen")], source: "digits")
        let result = try Int8Recipe().apply(to: model, try Made.context(source, settings))
        let unchanged = result.layers.filter { !$0.isChanged }
        #expect(unchanged.isEmpty)
        #expect(result.model.validate(ValidationOptions()).problems.isEmpty)
        let (before, after) = (
            try Self.accuracy(model, images, labels), try Self.accuracy(result.model, images, labels)
        )
        print("hostile network, \(scalesChannels ? "channels" : "one scale"), \(calibrator): \(before) → \(after)")
        #expect(before > 0.99 && after >= 0.979)
        let scales = result.model.graph.initializers.filter {
            $0.name.hasPrefix("weights") && $0.name.hasSuffix("_scale")
        }
        #expect(scales.count == 8 && scales.allSatisfy { $0.dimensions.isEmpty != scalesChannels })
    }
}
