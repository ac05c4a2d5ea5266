import Images
package import Tensors

/// A session that takes encoded images where the graph takes pixels: BYTES, an image each, in place of the input that a
/// version's declared processing names.
package final class ImageSession: Session {
    private let inner: any Session
    /// What is done to each input; `nil` for those that the graph takes as they are.
    private let plans: [ImagePlan?]
    /// The inner one's, with encoded images in place of pixels.
    package let signature: Signature

    /// Pixels that the images of one run may have together.
    private static let budget = 200_000_000

    package var engine: EngineKind { inner.engine }
    package var device: Device { inner.device }
    package var isPredictable: Bool { false }

    /// The session as the version's clients see it: itself, where no image is declared.
    ///
    /// - Parameter processing: as the version's package has it.
    /// - Throws: `EngineError.Code.unsupported` for image steps that do not fit the graph.
    package static func wrapping(_ session: any Session, processing: JSONValue?) throws(EngineError) -> any Session {
        var plans = [ImagePlan?](repeating: nil, count: session.signature.inputs.count)
        for step in processing?["pre"]?.arrayValue ?? [] {
            guard let image = step["image"], let name = step["input"]?.stringValue else { continue }
            guard let index = session.signature.inputs.firstIndex(where: { $0.name == name }) else {
                throw EngineError(
                    .unsupported, session.engine, "an image step is for '\(name.prefix(80))', which is no input")
            }
            let spec = session.signature.inputs[index]
            do throws(ImageError) {
                plans[index] = try ImagePlan(
                    ImageRecipe(json: image), type: spec.elementType, dimensions: spec.dimensions)
            } catch {
                throw EngineError(.unsupported, session.engine, "input '\(name)': \(error.message)")
            }
        }
        return plans.contains { $0 != nil } ? ImageSession(session, plans) : session
    }

    private init(_ inner: any Session, _ plans: [ImagePlan?]) {
        self.inner = inner
        self.plans = plans
        var signature = inner.signature
        for (index, plan) in plans.enumerated() where plan != nil {
            let rows = signature.inputs[index].dimensions?.first ?? .unknown
            signature.inputs[index] = TensorSpec(
                name: signature.inputs[index].name, elementType: .string, dimensions: [rows])
        }
        self.signature = signature
    }

    package func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        var prepared = inputs
        for (index, plan) in plans.enumerated() where index < inputs.count {
            guard let plan else { continue }
            guard let images = inputs[index].strings, inputs[index].shape.dimensions.count == 1 else {
                throw EngineError(
                    .invalidInput, engine, "input '\(signature.inputs[index].name)' takes a list of encoded images")
            }
            do {
                prepared[index] = try plan.tensor(of: images, limits: ImageLimits(), budget: Self.budget)
            } catch let error as ImageError {
                throw EngineError(.invalidInput, engine, "input '\(signature.inputs[index].name)': \(error.message)")
            } catch {
                throw EngineError(.outOfMemory, engine, "the images of a run are too large together")
            }
        }
        try inner.run(inputs: prepared, outputs: &outputs)
    }

    /// Small pictures of noise.
    package func samples(_ samples: SampleInputs, rows: Int) throws(TensorError) -> [Tensor] {
        var tensors = try samples.tensors(for: signature, rows: rows)
        for (index, plan) in plans.enumerated() where plan != nil {
            let shape = tensors[index].shape
            var images = StringElements()
            for place in 0..<shape.elementCount {
                images.append(try Self.picture(seed: samples.seed &+ UInt64(truncatingIfNeeded: place)))
            }
            tensors[index] = try Tensor(shape, strings: images)
        }
        return tensors
    }

    private static func picture(seed: UInt64) throws(TensorError) -> [UInt8] {
        let side = 64
        var state = seed | 1
        let bytes = (0..<side * side * 3).map { _ in
            // G. Marsaglia, "Xorshift RNGs", 2003.
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
        return try PNGEncoder.encode(PixelImage(width: side, height: side, channels: 3, bytes: bytes))
    }
}
