import Engines
import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

@testable import LiteRT

/// Every architecture on LiteRT and on ONNX Runtime, in both orders of axes.
@Suite struct AgreementTests {
    @Test(arguments: [false, true])
    func answersAreThoseOfONNXRuntime(channelsLast: Bool) async throws {
        let folder = try TemporaryDirectory()
        let engine = try EngineCatalog().engine(.onnxRuntime)
        var options = ConversionOptions()
        options.channelsLast = channelsLast
        options.batch = 2
        var arguments = ["-c", RunnerScript.text] + (channelsLast ? ["nhwc"] : [])
        var expected: [[Tensor]] = []
        let cases = Architectures.all
        for (index, item) in cases.enumerated() {
            let model = try item.make()
            let conversion = try model.convertedToLiteRT(options)
            let paths = ["model.tflite", "given.npz", "made.npz"].map { folder.file("\(index).\($0)") }
            try write(FileTests.bytes(conversion), to: paths[0])
            try model.write(to: folder.file("\(index).onnx"))
            let session = try engine.load(.file(folder.file("\(index).onnx")), options: SessionOptions())
            let inputs = try SampleInputs(seed: 7).tensors(for: session.signature, rows: 2)
            try NPZ.write(inputs.enumerated().map { (String($0), $1) }, to: paths[1])
            expected.append(try session.run(inputs))
            arguments += paths
        }
        let outcome = try await Slipway.command(Slipway.python(), arguments)
        try #require(outcome.exitCode == 0, "\(outcome)")
        for (index, item) in cases.enumerated() {
            let made = try NPZ.read(path: folder.file("\(index).made.npz"))
            #expect(made.count == expected[index].count)
            var largest = 0.0
            for (output, tensor) in expected[index].enumerated() {
                let other = try #require(made.first { $0.name == String(output) }?.tensor)
                #expect(other.shape == tensor.shape)
                for (one, two) in zip(try tensor.doubles(), try other.doubles()) {
                    largest = max(largest, (one - two).magnitude)
                }
            }
            FormatLine.say("TFLite, out", item.name + (channelsLast ? ", channels last" : ""), largest)
            #expect(largest <= 1e-4, "\(item.name)")
        }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) } == bytes.count)
    }
}
