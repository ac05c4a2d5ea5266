package import Tensors

/// A model's answer.
package struct InferenceReply: Sendable {
    /// The endpoint that answered.
    package var modelName: String
    /// The version that answered, where the server says so.
    package var modelVersion: String?
    /// In the order the server sent them, which is the order asked for.
    package var outputs: [(name: String, tensor: Tensor)]
    /// The `X-Request-Id` under which the server's log knows the call; else the id that the reply's body echoes.
    package var requestID: String?
    /// From the call to the decoded reply, as this client saw it.
    package var latency: Duration

    /// The output of this name.
    package subscript(name: String) -> Tensor? { outputs.first { $0.name == name }?.tensor }
}

extension InferenceReply {
    /// - Throws: `ClientError.Code.malformedReply` when sizes, types and shapes do not agree.
    init(decoding reply: HTTPReply) throws(ClientError) {
        let length = try ReplyLayout.jsonLength(
            reply.header(InferenceRequest.jsonLengthHeader), bodyCount: reply.body.count)
        let decoded = reply.body.withUnsafeBytes { body in
            Result { () throws(ClientError) in try Self.outputs(of: body, jsonLength: length) }
        }
        let (layout, outputs) = try decoded.get()
        modelName = layout.modelName
        modelVersion = layout.modelVersion
        requestID = reply.header("x-request-id") ?? layout.id
        latency = .zero
        self.outputs = outputs
    }

    private static func outputs(
        of body: UnsafeRawBufferPointer, jsonLength: Int
    ) throws(ClientError) -> (ReplyLayout, [(name: String, tensor: Tensor)]) {
        let json = UnsafeRawBufferPointer(rebasing: body[..<jsonLength])
        let binary = UnsafeRawBufferPointer(rebasing: body[jsonLength...])
        let layout = try ReplyLayout(parsing: json, binaryCount: binary.count)
        var outputs: [(name: String, tensor: Tensor)] = []
        for output in layout.outputs {
            guard !outputs.contains(where: { $0.name == output.name }) else {
                throw ClientError(.malformedReply, "the reply has output '\(output.name)' twice")
            }
            outputs.append((output.name, try output.tensor(in: binary)))
        }
        return (layout, outputs)
    }
}

extension ReplyLayout.Output {
    /// The elements as a tensor of their own, copied out of `binary` where they are there.
    func tensor(in binary: UnsafeRawBufferPointer) throws(ClientError) -> Tensor {
        switch elements {
        case .read(let tensor): return tensor
        case .binary(let range):
            let bytes = UnsafeRawBufferPointer(rebasing: binary[range])
            do throws(TensorError) {
                guard elementType != .string else { return try Tensor(shape, strings: strings(in: bytes)) }
                let buffer = TensorBuffer(capacity: bytes.count)
                buffer.mutableBytes.copyMemory(from: bytes)
                return try Tensor(elementType, shape, buffer: buffer)
            } catch {
                throw ClientError(.malformedReply, "output '\(name)': \(error.message)")
            }
        }
    }

    /// Strings, each after its length as 32 bits, little-endian.
    private func strings(in bytes: UnsafeRawBufferPointer) throws(TensorError) -> StringElements {
        var strings = StringElements()
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= 4 else {
                throw TensorError(.sizeMismatch, "a string's length is cut off")
            }
            let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
            let length = Int(UInt32(littleEndian: word))
            position += 4
            guard length <= bytes.count - position else {
                throw TensorError(
                    .sizeMismatch,
                    "string \(strings.count) says it has \(length) bytes, found \(bytes.count - position)")
            }
            strings.append(bytes[position..<(position + length)])
            position += length
        }
        return strings
    }
}
