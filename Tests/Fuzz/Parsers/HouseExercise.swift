import Houses
import Tensors

/// Files of other servers' houses, read and everything done with what they say.
enum HouseExercise {
    private static let signature = Signature(
        inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(64)])],
        outputs: [TensorSpec(name: "logits", elementType: .float32, dimensions: [.symbol("N"), .fixed(10)])])

    static func configuration(_ bytes: [UInt8]) {
        guard let found = words({ () throws(HouseError) in try TritonConfiguration(parsing: bytes) }) else { return }
        let declaration = TritonDeclaration(
            maximumRows: found.maximumRows ?? 0, inputs: found.inputs, outputs: found.outputs, states: found.states)
        _ = words { () throws(HouseError) in try declaration.fit(signature, classes: ["a", "b"]) }
        for versions in [[], [1], [1, 2, 30]] {
            precondition(found.policy.served(of: versions).allSatisfy(versions.contains))
        }
        guard let ensemble = found.ensemble else { return }
        _ = words { () throws(HouseError) in
            try EnsemblePipeline.json(of: ensemble) { step throws(HouseError) in
                step.version == 1 ? .ensemble(ensemble) : .version("m:1")
            }
        }
    }

    /// Every refusal has words.
    private static func words<Value>(_ body: () throws(HouseError) -> Value) -> Value? {
        do throws(HouseError) { return try body() } catch {
            precondition(!error.message.isEmpty, "a refusal without words")
            return nil
        }
    }
}
