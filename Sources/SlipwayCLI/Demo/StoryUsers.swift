import Client
import Tensors

/// Who calls the endpoint in the story, each with requests prepared beforehand.
struct StoryUsers {
    enum Kind {
        /// Send images as they should be, and expect the right digit.
        case careful
        /// Send images that are too short: answered with 400, by whichever version.
        case clumsy
        /// Send images with light and dark exchanged.
        case inverted
    }

    let data: DemoData
    /// `127.0.0.1:PORT`.
    let address: String

    /// Requests a second of careful users, and of clumsy ones: some four in a hundred fail on any day.
    static let rate = 400.0
    static let clumsyRate = 18.0
    /// What a broken program upstream adds.
    static let brokenRate = 200.0

    /// Begins to send.
    func arrive(_ kind: Kind, perSecond rate: Double) async throws -> LoadRun {
        let server = try ServerAddress(address)
        var configuration = LoadConfiguration()
        configuration.pace = .perSecond(rate)
        return try await LoadGenerator(server, samples: try samples(kind, server)).start(configuration)
    }

    private func samples(_ kind: Kind, _ server: ServerAddress) throws -> [LoadSample] {
        switch kind {
        case .careful: try data.samples(for: server)
        case .clumsy: [try sample(Tensor(zeros: .float32, Shape([1, 63])), server)]
        case .inverted:
            try data.agreed.map { index in
                let values = try data.row(index).values(as: Float.self) ?? []
                return try sample(Tensor(.float32, Shape([1, 64]), values: values.map { 16 - $0 }), server)
            }
        }
    }

    private func sample(_ tensor: Tensor, _ server: ServerAddress) throws -> LoadSample {
        try LoadSample(
            InferenceRequest(
                endpoint: "digits", inputs: [(name: "pixels", tensor: tensor)], outputs: ["logits"], isBinary: true),
            to: server)
    }
}
