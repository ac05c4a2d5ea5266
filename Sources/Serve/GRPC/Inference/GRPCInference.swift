import Engines
import NIOCore
import Tensors

/// One inference request over gRPC, in whichever service's messages.
protocol AnswerSource: JobSource {
    /// The request's own id, which errors within a stream repeat.
    var id: String { get }

    /// Gives back the memory of a request that will not be answered with tensors, before it is told so.
    func abandon()

    /// The job's answer.
    ///
    /// - Parameter isStreamed: whether it is one of a stream.
    func reply(isStreamed: Bool) throws(RequestFault) -> GRPCInference.Reply
}

extension AnswerSource {
    var id: String { "" }
}

/// One `ModelInferRequest` and its answer.
final class GRPCInference: AnswerSource {
    let job: InferenceJob
    private let message: InferMessage
    /// Where tensors may lie that do not travel; `nil` where that is not offered.
    private let shared: SharedMemory?
    /// Given up once the tensors are filled; those that lie in it keep what they need.
    private var bytes: MessageBytes?
    private var outputs: [V2Request.Output] = []
    /// The request's tensors had typed contents.
    private let isTyped: Bool

    init(job: InferenceJob, message: InferMessage, bytes: MessageBytes, shared: SharedMemory?) {
        self.job = job
        self.shared = shared
        self.message = message
        self.bytes = bytes
        isTyped = message.raw.isEmpty && message.inputs.contains { !TypedContents.isEmpty($0.contents) }
    }

    func finish() throws(RequestFault) {
        guard let bytes else { return }
        self.bytes = nil
        if let timeout = message.parameters.timeout { job.limit(toMicroseconds: timeout) }
        job.priority = message.parameters.priority
        job.sequence = message.parameters.sequence.request
        try chooseOutputs()
        job.inputs = try inputs(bytes)
        job.wanted = outputs.map(\.index)
    }

    /// Gives back the memory of a request that will not be answered with tensors, before it is told so.
    func abandon() {
        bytes = nil
        job.inputs = []
        job.slots = []
    }
}

// MARK: - Request

extension GRPCInference {
    private func inputs(_ bytes: MessageBytes) throws(RequestFault) -> [Tensor] {
        try checkForm()
        var tensors: [(index: Int, tensor: Tensor)] = []
        tensors.reserveCapacity(message.inputs.count)
        var raw = message.raw.makeIterator()
        for input in message.inputs {
            if let part = input.shared {
                tensors.append(try tensor(input, part))
            } else {
                tensors.append(try tensor(input, raw.next(), bytes))
            }
        }
        return try job.arm.ordered(tensors)
    }

    /// Source: Open Inference Protocol, gRPC: binary and typed contents exclude each other for a whole request.
    private func checkForm() throws(RequestFault) {
        if let input = message.inputs.first(where: { $0.shared != nil && !TypedContents.isEmpty($0.contents) }) {
            throw RequestFault(
                .invalidInput, "input '\(input.name.shortened)' is in shared memory, and has 'contents' as well")
        }
        guard !message.raw.isEmpty else { return }
        let count = message.inputs.count { $0.shared == nil }
        guard message.raw.count == count else {
            let rest = count == message.inputs.count ? "" : " that are not in shared memory"
            throw RequestFault(
                .invalidInput,
                "the request has \(count) inputs\(rest), but \(message.raw.count) raw_input_contents")
        }
        if let input = message.inputs.first(where: { !TypedContents.isEmpty($0.contents) }) {
            throw RequestFault(
                .invalidInput,
                "input '\(input.name.shortened)' has 'contents', but the request has raw_input_contents; give one of them"
            )
        }
    }

    private func tensor(
        _ input: InferMessage.Input, _ raw: Range<Int>?, _ bytes: MessageBytes
    ) throws(RequestFault) -> (index: Int, tensor: Tensor) {
        guard let type = ElementType(protocolName: input.datatype) else {
            throw RequestFault(
                .invalidInput,
                "input '\(input.name.shortened)': the protocol has no datatype '\(input.datatype.shortened)'")
        }
        do {
            let shape = try Shape(input.shape)
            let index = try job.arm.check(input: input.name, type, shape)
            if let raw { return (index, try rawTensor(input.name, type, shape, raw, bytes)) }
            let tensor = try bytes.withBytes { all in
                try TypedContents.tensor(type, shape, all, input.contents, pool: job.pool)
            }
            return (index, tensor)
        } catch {
            throw RequestFault.inInput(input.name, error)
        }
    }

    /// A tensor out of shared memory.
    private func tensor(
        _ input: InferMessage.Input, _ part: SharedPart
    ) throws(RequestFault) -> (index: Int, tensor: Tensor) {
        guard let type = ElementType(protocolName: input.datatype) else {
            throw RequestFault(
                .invalidInput,
                "input '\(input.name.shortened)': the protocol has no datatype '\(input.datatype.shortened)'")
        }
        do {
            let shape = try Shape(input.shape)
            let index = try job.arm.check(input: input.name, type, shape)
            return (index, try offered().tensor(type, shape, part, pool: job.pool))
        } catch {
            throw RequestFault.inInput(input.name, error)
        }
    }

    private func offered() throws(RequestFault) -> SharedMemory {
        guard let shared else { throw SharedMemory.refusal }
        return shared
    }

    private func rawTensor(
        _ name: String, _ type: ElementType, _ shape: Shape, _ range: Range<Int>, _ bytes: MessageBytes
    ) throws -> Tensor {
        if type == .string {
            let strings = try bytes.withBytes { all in
                try BinaryStrings.decode(
                    UnsafeRawBufferPointer(rebasing: all[range]), count: shape.elementCount, input: name.shortened)
            }
            return try Tensor(shape, strings: strings)
        }
        let needed = try shape.byteCount(of: type)
        guard range.count == needed else {
            throw RequestFault(
                .invalidInput,
                "input '\(name.shortened)': \(type.displayName) \(shape) needs \(needed) bytes, but its "
                    + "raw_input_contents has \(range.count)")
        }
        if let buffer = bytes.tensorBuffer(range) { return try Tensor(type, shape, buffer: buffer) }
        guard let buffer = job.pool.buffer(needed) else { throw RequestFault.exhausted }
        bytes.withBytes { all in
            buffer.mutableBytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[range]))
        }
        return try Tensor(type, shape, buffer: buffer)
    }

    private func chooseOutputs() throws(RequestFault) {
        let arm = job.arm
        if message.outputs.isEmpty {
            outputs = arm.signature.outputs.indices.map { V2Request.Output(index: $0, isBinary: true) }
        } else {
            for output in message.outputs { try choose(output) }
        }
        for output in outputs {
            try arm.checkForm(of: output)
            if let part = output.shared { try offered().check(part) }
        }
    }

    private func choose(_ wish: InferMessage.Output) throws(RequestFault) {
        let name = wish.name
        guard let index = job.arm.output(name) else {
            let names = job.arm.signature.outputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw RequestFault(
                .invalidInput,
                "model '\(job.arm.endpoint)' has no output '\(name.shortened)'; its outputs are \(names)")
        }
        guard !outputs.contains(where: { $0.index == index }) else {
            throw RequestFault(.invalidInput, "output '\(name.shortened)' is requested twice")
        }
        outputs.append(
            V2Request.Output(
                index: index, isBinary: true, classification: wish.classification, shared: wish.shared))
    }
}

// MARK: - Reply

extension GRPCInference {
    /// An answer, ready to be written.
    struct Reply {
        /// Everything but the tensors in binary form.
        var head: ProtoWriter
        /// `nil` where a tensor was put into shared memory: clients count on a place for it.
        var tensors: [Tensor?] = []

        /// Bytes of the whole message.
        var byteCount: Int {
            tensors.reduce(head.bytes.count) { $0 + ProtoWriter.size(ofBytes: Self.rawCount($1), number: 6) }
        }

        func write(into buffer: inout ByteBuffer) {
            buffer.writeBytes(head.bytes)
            for tensor in tensors {
                buffer.writeInteger(UInt8(6 << 3 | ProtoField.Kind.bytes.rawValue))
                buffer.writeVarint(UInt64(Self.rawCount(tensor)))
                if let strings = tensor?.strings {
                    BinaryStrings.encode(strings, into: &buffer)
                } else if let tensor {
                    buffer.writeBytes(tensor.bytes)
                }
            }
        }

        fileprivate static func rawCount(_ tensor: Tensor?) -> Int {
            guard let tensor else { return 0 }
            return tensor.strings.map(BinaryStrings.byteCount) ?? tensor.byteCount
        }
    }

    /// The most bytes that an answer can have, names left out.
    private var replyBound: Int {
        outputs.reduce(0) { sum, output in
            guard output.shared == nil, case .tensor(let tensor) = job.slots[output.index] else { return sum }
            let typed = isTyped ? TypedContents.bound(tensor) : 0
            let (size, isLarge) = Reply.rawCount(tensor).addingReportingOverflow(typed)
            let (total, overflow) = sum.addingReportingOverflow(size)
            return (isLarge || overflow) ? .max : total
        }
    }

    /// The job's answer: always in binary form, and in typed form beside it where the request's tensors were typed.
    /// Triton's clients read the one whatever they sent, others read what they sent.
    ///
    /// - Parameter isStreamed: whether the answer says that it is the last one of its request, as streams do.
    func reply(isStreamed: Bool) throws(RequestFault) -> Reply {
        try ReplyLimit.admit(replyBound)
        var reply = Reply(head: ProtoWriter(reserving: 128))
        let arm = job.arm
        reply.head.string(1, arm.endpoint)
        reply.head.string(2, arm.servable.version)
        reply.head.string(3, message.id)
        if isStreamed {
            reply.head.message(4) { entry in
                entry.string(1, "triton_final_response")
                entry.message(2) { $0.bool(1, true) }
            }
        }
        for output in outputs {
            let (name, produced) = try job.output(output.index)
            let tensor = try arm.classified(produced, best: output.classification)
            guard let type = tensor.elementType.protocolName else {
                throw RequestFault(
                    .unsupported, "output '\(name)' was not produced in a form the protocol can carry")
            }
            if let part = output.shared { try offered().write(tensor, to: part) }
            reply.head.message(5) { writer in
                writer.string(1, name)
                writer.string(2, type)
                writer.int64s(3, tensor.shape.dimensions)
                if let part = output.shared {
                    writer.place(part, byteCount: Reply.rawCount(tensor))
                } else if isTyped {
                    writer.message(5) { $0.contents(tensor) }
                }
            }
            reply.tensors.append(output.shared == nil ? tensor : nil)
        }
        return reply
    }

    /// The request's own id, which errors within a stream repeat.
    var id: String { message.id }
}

extension ByteBuffer {
    /// A number as protobuf has it.
    fileprivate mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}

extension ProtoWriter {
    /// The parameters of an output that was put into shared memory.
    fileprivate mutating func place(_ part: SharedPart, byteCount: Int) {
        message(4) { entry in
            entry.string(1, "shared_memory_region")
            entry.message(2) { $0.element(3, part.region) }
        }
        for (key, value) in [("shared_memory_byte_size", byteCount), ("shared_memory_offset", part.offset)] {
            message(4) { entry in
                entry.string(1, key)
                entry.message(2) { $0.int64(2, Int64(value)) }
            }
        }
    }
}
