import Engines
import Tensors

/// Writes the answer to an inference request: JSON, and after it the outputs that were asked for in binary form.
struct V2Reply {
    let request: V2Request
    let job: InferenceJob
    private var encoded = EncodedReply()

    init(request: V2Request, job: InferenceJob) {
        self.request = request
        self.job = job
    }

    /// The most bytes that text and tensors can have, but for names; numbers of whatever value are taken at their longest.
    var bound: Int {
        request.outputs.reduce(0) { sum, output in
            guard case .tensor(let tensor) = job.slots[output.index] else { return sum }
            let size = output.isBinary ? Self.binarySize(tensor) : JSONWriter.tensorDataBound(tensor)
            let (total, overflow) = sum.addingReportingOverflow(size)
            return overflow ? .max : total
        }
    }

    private static func binarySize(_ tensor: Tensor) -> Int {
        tensor.strings.map(BinaryStrings.byteCount) ?? tensor.byteCount
    }

    mutating func encode(into text: inout JSONWriter) throws(TensorError) -> EncodedReply {
        text.bytes.append(contentsOf: job.arm.replyPrefix)
        if let id = request.id {
            text.raw(",\"id\":")
            text.string(id)
        }
        text.raw(",\"outputs\":[")
        for (place, output) in request.outputs.enumerated() {
            if place > 0 { text.raw(",") }
            try write(output, into: &text)
        }
        text.raw("]}")
        return encoded
    }

    private mutating func write(_ output: V2Request.Output, into text: inout JSONWriter) throws(TensorError) {
        let name = job.arm.signature.outputs[output.index].name
        guard case .tensor(let produced) = job.slots[output.index] else {
            throw TensorError(.unsupportedType, "output '\(name)' was not produced")
        }
        let tensor =
            output.classification == 0
            ? produced
            : try Classification.tensor(
                produced, best: output.classification, hasRows: job.arm.hasRows,
                labels: job.arm.servable.classes)
        guard let type = tensor.elementType.protocolName else {
            throw TensorError(.unsupportedType, "output '\(name)' is in no form the protocol can carry")
        }
        text.raw("{\"name\":")
        text.string(name)
        text.raw(",\"datatype\":\"")
        text.bytes.append(contentsOf: type.utf8)
        text.raw("\",\"shape\":[")
        for (axis, size) in tensor.shape.dimensions.enumerated() {
            if axis > 0 { text.raw(",") }
            text.integer(size)
        }
        if output.isBinary {
            text.raw("],\"parameters\":{\"binary_data_size\":")
            text.integer(Self.binarySize(tensor))
            text.raw("}}")
            encoded.tensors.append(tensor)
        } else {
            text.raw("],\"data\":")
            try text.tensorData(tensor)
            text.raw("}")
        }
    }
}
