import Tensors

/// A body that is one encoded image, for a model whose only input takes encoded images.
struct ImageInput {
    let arm: LiveArm

    /// - Throws: `RequestFault.Code.invalidInput` for a model that takes something else, and for an empty body.
    func parse(_ bytes: UnsafeRawBufferPointer) throws -> RowRequest {
        guard arm.signature.inputs.count == 1, arm.signature.inputs[0].elementType == .string,
            arm.signature.inputs[0].dimensions.map({ $0.count == 1 }) ?? true
        else {
            throw RequestFault(
                .invalidInput,
                "model '\(arm.endpoint)' takes no images: its inputs are \(arm.inputNames); send tensors")
        }
        guard !bytes.isEmpty else { throw RequestFault(.malformedBody, "the request has no body; expected an image") }
        var elements = StringElements()
        elements.append(bytes)
        let tensor = try Tensor(try Shape([1]), strings: elements)
        _ = try arm.check(input: arm.signature.inputs[0].name, .string, tensor.shape)
        return RowRequest(inputs: [tensor], layout: .rows, rows: 1)
    }
}
