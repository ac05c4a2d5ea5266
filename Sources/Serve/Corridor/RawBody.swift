import NIOCore
import Tensors

/// A body that is the one tensor of a model with one input, and nothing else.
///
/// Source: Triton's binary tensor data extension, raw binary request.
final class RawBody {
    private let arm: LiveArm
    private let spec: TensorSpec
    private var bytes: BodyBytes

    /// - Throws: `RequestFault.Code.invalidInput` for a model with several inputs, or a length that fits no shape.
    init(arm: LiveArm, pool: BufferPool, length: Int?) throws(RequestFault) {
        guard arm.signature.inputs.count == 1 else {
            throw RequestFault(
                .invalidInput,
                "model '\(arm.endpoint)' has \(arm.signature.inputs.count) inputs; a request without JSON fits one only"
            )
        }
        self.arm = arm
        spec = arm.signature.inputs[0]
        bytes = BodyBytes(pool: pool, expected: length, isAligned: true)
        if let length { _ = try Self.shape(spec, byteCount: length, model: arm.endpoint) }
    }

    func receive(_ piece: ByteBuffer) throws(RequestFault) { try bytes.append(piece) }

    func finish() throws(RequestFault) -> V2Request {
        var request = V2Request()
        let shape = try Self.shape(spec, byteCount: bytes.count, model: arm.endpoint)
        request.inputs = [
            V2Request.Input(index: 0, elementType: spec.elementType, shape: shape, elements: .tensor(try tensor(shape)))
        ]
        for index in arm.signature.outputs.indices {
            let output = V2Request.Output(index: index, isBinary: true)
            try arm.checkForm(of: output)
            request.outputs.append(output)
        }
        return request
    }

    private func tensor(_ shape: Shape) throws(RequestFault) -> Tensor {
        do throws(TensorError) {
            if spec.elementType == .string {
                var strings = StringElements()
                bytes.withBytes { strings.append($0) }
                return try Tensor(shape, strings: strings)
            }
            return try Tensor(spec.elementType, shape, buffer: bytes.buffer ?? TensorBuffer(capacity: 0))
        } catch {
            throw RequestFault(error)
        }
    }

    /// The shape that so many bytes have: a single free dimension follows from the count; of several, the first is a
    /// batch of one. Text is one element.
    private static func shape(_ spec: TensorSpec, byteCount: Int, model: String) throws(RequestFault) -> Shape {
        let mismatch = RequestFault(
            .invalidInput,
            "model '\(model)' expects input '\(spec.name)' as \(spec.elementType.displayName) "
                + "\(spec.shapeDescription), and \(byteCount) bytes fit no such shape")
        guard let declared = spec.dimensions else { throw mismatch }
        var free = declared.indices.filter { declared[$0].size == nil }
        var sizes = declared.map { $0.size ?? 1 }
        if spec.elementType != .string {
            if free.count == 2, free.first == 0 { free.removeFirst() }
            guard free.count <= 1, let fixed = try? Shape(sizes).byteCount(of: spec.elementType) else { throw mismatch }
            if let place = free.first, fixed > 0 { sizes[place] = byteCount / fixed }
        }
        guard let shape = try? Shape(sizes) else { throw mismatch }
        let needed = spec.elementType == .string ? nil : try? shape.byteCount(of: spec.elementType)
        let fits = spec.elementType == .string ? shape.elementCount == 1 : needed == byteCount
        guard fits else { throw mismatch }
        return shape
    }
}
