package import Client
package import Tensors

/// The files of `Examples/digits`.
package struct DigitsExample: Sendable {
    /// FP32 [450, 64], 0 to 16.
    package let pixels: Tensor
    package let labels: [Int]
    /// Accuracy of each network as Python computed it.
    package let accuracy: [String: Double]
    /// Rows on which the perceptron and the convolutional network both are right: while one replaces the other, every
    /// answer to them must be the label.
    package let agreed: [Int]

    package init() throws {
        let arrays = Dictionary(try NPZ.read(path: Slipway.example("digits/held-out.npz"))) { $1 }
        let answers = Dictionary(try NPZ.read(path: Slipway.example("digits/expected.npz"))) { $1 }
        let summary = try JSONValue.parse(TextFile.bytes(Slipway.example("digits/expected.json")))
        guard let pixels = arrays["pixels"], let labels = arrays["labels"]?.values(as: Int64.self),
            let mlp = answers["mlp.predictions"]?.values(as: Int64.self),
            let cnn = answers["cnn.predictions"]?.values(as: Int64.self)
        else { throw MissingTool("Examples/digits is not what its README says") }
        self.pixels = pixels
        self.labels = labels.map { Int($0) }
        agreed = labels.indices.filter { mlp[$0] == labels[$0] && cnn[$0] == labels[$0] }
        accuracy = ["mlp", "cnn", "bad"].reduce(into: [:]) { $0[$1] = summary["models"]?[$1]?["accuracy"]?.doubleValue }
    }

    /// One row as a tensor of its own.
    package func row(_ index: Int) throws -> Tensor {
        let values = pixels.values(as: Float.self) ?? []
        return try Tensor(.float32, Shape([1, 64]), values: Array(values[(index * 64)..<(index * 64 + 64)]))
    }

    /// A request for one row.
    package func request(_ index: Int) throws -> InferenceRequest {
        InferenceRequest(
            endpoint: "digits", inputs: [(name: "pixels", tensor: try row(index))], outputs: ["logits"], isBinary: true)
    }

    /// Prepared requests for the rows on which both networks are right, with the right answers.
    package func samples(for server: ServerAddress) throws -> [LoadSample] {
        try agreed.map { try LoadSample(request($0), to: server, expecting: .labels([labels[$0]])) }
    }
}

extension Slipway {
    /// Imports a network of the digits example as the next version of `digits`, with its processing.
    package func importDigits(_ network: String) async throws {
        try await expect(
            "import", Self.example("digits/\(network).onnx"), "--name", "digits", "--processing",
            Self.example("digits/processing.json"))
    }

    /// A home with the perceptron as `digits:1`, and as many more networks as are named, of which the first is deployed.
    package static func withDigits(
        _ networks: String..., environment: [String: String] = [:]
    ) async throws -> Slipway {
        let slipway = try Slipway(environment: environment)
        for network in ["mlp"] + networks { try await slipway.importDigits(network) }
        try await slipway.expect("deploy", "digits:1")
        return slipway
    }
}
