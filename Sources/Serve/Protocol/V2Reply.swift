import Engines
import Tensors

/// Writes the answer to an inference request: JSON, and after it the outputs that were asked for in binary form.
struct V2Reply {
    private let id: String?
    private let outputs: [V2Request.Output]
    private let job: InferenceJob
    /// Where outputs may be put that do not travel.
    private let shared: SharedMemory?
    private var encoded = EncodedReply()

    init(request: V2Request, job: InferenceJob, shared: SharedMemory? = nil) {
        id = request.id
        outputs = request.outputs
        self.shared = shared
        self.job = job
    }

    /// The most bytes that text and tensors can have, but for names; numbers of whatever value are taken at their longest.
    static func bound(of outputs: [V2Request.Output], _ job: InferenceJob) -> Int {
        var sum = 0
        for output in outputs where output.shared == nil {
            guard case .tensor(let tensor) = job.slots[output.index] else { continue }
            let size = output.isBinary ? binarySize(tensor) : JSONWriter.tensorDataBound(tensor)
            let (total, overflow) = sum.addingReportingOverflow(size)
            sum = overflow ? .max : total
        }
        return sum
    }

    private static func binarySize(_ tensor: Tensor) -> Int {
        tensor.strings.map(BinaryStrings.byteCount) ?? tensor.byteCount
    }

    /// - Throws: `RequestFault.Code.unsupported` for an output that was not produced, or that no form can carry; what is
    ///   wrong with shared memory.
    mutating func encode(into text: inout JSONWriter) throws(RequestFault) -> EncodedReply {
        text.bytes.append(contentsOf: job.arm.replyPrefix)
        if let id {
            text.raw(",\"id\":")
            text.string(id)
        }
        text.raw(",\"outputs\":[")
        for (place, output) in outputs.enumerated() {
            if place > 0 { text.raw(",") }
            try write(output, into: &text)
        }
        text.raw("]}")
        return encoded
    }

    private mutating func write(_ output: V2Request.Output, into text: inout JSONWriter) throws(RequestFault) {
        let (name, produced) = try job.output(output.index)
        let tensor = try job.arm.classified(produced, best: output.classification)
        guard let type = tensor.elementType.protocolName else {
            throw RequestFault(.unsupported, "output '\(name)' is in no form the protocol can carry")
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
        if let part = output.shared {
            try write(tensor, to: part, into: &text)
        } else if output.isBinary {
            text.raw("],\"parameters\":{\"binary_data_size\":")
            text.integer(Self.binarySize(tensor))
            text.raw("}}")
            encoded.tensors.append(tensor)
        } else {
            text.raw("],\"data\":")
            do throws(TensorError) {
                try text.tensorData(tensor)
            } catch {
                throw RequestFault(.unsupported, error.message)
            }
            text.raw("}")
        }
    }

    /// Puts an output where its client wants it, and says so.
    private func write(
        _ tensor: Tensor, to part: SharedPart, into text: inout JSONWriter
    ) throws(RequestFault) {
        guard let shared else { throw SharedMemory.refusal }
        try shared.write(tensor, to: part)
        text.raw("],\"parameters\":{\"shared_memory_region\":")
        text.string(part.region)
        if part.offset > 0 {
            text.raw(",\"shared_memory_offset\":")
            text.integer(part.offset)
        }
        text.raw(",\"shared_memory_byte_size\":")
        text.integer(Self.binarySize(tensor))
        text.raw("}}")
    }
}
