import Client
import Glibc
import Tensors

/// The files of `Examples/digits`, read for the demo.
struct DemoData {
    let folder: String
    /// FP32 [450, 64], 0 to 16.
    let pixels: Tensor
    let labels: [Int]
    /// Accuracy of each network as Python computed it.
    let expected: [String: Double]
    /// Rows on which the perceptron and the convolutional network both are right: while one replaces the other, every
    /// answer to them must be the label.
    let agreed: [Int]

    init(folder given: String?) throws {
        folder = try given ?? Self.locate()
        let arrays = Dictionary(try NPZ.read(path: "\(folder)/held-out.npz")) { $1 }
        let answers = Dictionary(try NPZ.read(path: "\(folder)/expected.npz")) { $1 }
        guard let pixels = arrays["pixels"], let labels = arrays["labels"]?.values(as: Int64.self),
            let mlp = answers["mlp.predictions"]?.values(as: Int64.self),
            let cnn = answers["cnn.predictions"]?.values(as: Int64.self),
            mlp.count == labels.count, cnn.count == labels.count, pixels.shape.dimensions == [labels.count, 64]
        else { throw Failure(9010, .failed, "'\(folder)' does not hold the digits example") }
        self.pixels = pixels
        self.labels = labels.map { Int($0) }
        agreed = labels.indices.filter { mlp[$0] == labels[$0] && cnn[$0] == labels[$0] }
        let models = try JSONFile.read("\(folder)/expected.json")["models"]
        expected = ["mlp", "cnn", "bad"].reduce(into: [:]) { $0[$1] = models?[$1]?["accuracy"]?.doubleValue }
    }

    /// Beside the checkout that the program was built from, else in the current directory.
    private static func locate() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let program = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let root = program.split(separator: "/").dropLast(3).joined(separator: "/")
        for candidate in ["/\(root)/Examples/digits", "Examples/digits"]
        where access("\(candidate)/mlp.onnx", R_OK) == 0 {
            return candidate
        }
        throw Failure(9011, .notFound, "the digits example was not found", help: "name its folder with --examples")
    }

    /// One row as a tensor of its own.
    func row(_ index: Int) throws -> Tensor {
        let values = pixels.values(as: Float.self) ?? []
        return try Tensor(.float32, Shape([1, 64]), values: Array(values[(index * 64)..<(index * 64 + 64)]))
    }

    /// Prepared requests for the rows on which both networks are right, with the right answers.
    func samples(for server: ServerAddress) throws -> [LoadSample] {
        try agreed.map { index in
            try LoadSample(
                InferenceRequest(
                    endpoint: "digits", inputs: [(name: "pixels", tensor: try row(index))], outputs: ["logits"],
                    isBinary: true),
                to: server, expecting: .labels([labels[index]]))
        }
    }
}
