import Engines
import NIOCore
import Tensors

/// One `PredictRequest` of TensorFlow Serving and its answer.
///
/// Source: TensorFlow Serving, `predict.proto`.
final class PredictInference: AnswerSource {
    let job: InferenceJob
    private let message: PredictMessage
    private let limit: Int
    /// Given up once the tensors are filled; those that lie in it keep what they need.
    private var bytes: MessageBytes?

    /// - Parameter limit: bytes that a tensor may have whose elements are one value, repeated.
    init(job: InferenceJob, message: PredictMessage, bytes: MessageBytes, limit: Int) {
        self.job = job
        self.message = message
        self.bytes = bytes
        self.limit = limit
    }

    func finish() throws(RequestFault) {
        guard let bytes else { return }
        self.bytes = nil
        try message.spec.checkSignature()
        try chooseOutputs()
        var tensors: [(index: Int, tensor: Tensor)] = []
        for (name, range) in message.inputs { tensors.append(try input(name, range, bytes)) }
        job.inputs = try job.arm.ordered(tensors)
    }

    private func input(
        _ name: String, _ range: Range<Int>, _ message: MessageBytes
    ) throws(RequestFault) -> (index: Int, tensor: Tensor) {
        do {
            return try message.withBytes { bytes in
                let found = try TensorMessage(bytes, range)
                guard let type = found.type else { throw RequestFault(.invalidInput, "the tensor has no 'dtype'") }
                let shape = try Shape(found.shape)
                let index = try job.arm.check(input: name, type, shape)
                return (index, try found.tensor(type, shape, in: message, pool: job.pool, limit: limit))
            }
        } catch var fault as RequestFault {
            if !fault.message.contains("input '") { fault.message = "input '\(name.shortened)': \(fault.message)" }
            throw fault
        } catch {
            throw RequestFault.inInput(name, error)
        }
    }

    private func chooseOutputs() throws(RequestFault) {
        let arm = job.arm
        guard !message.outputs.isEmpty else {
            job.wanted = Array(arm.signature.outputs.indices)
            return
        }
        for name in message.outputs {
            guard let index = arm.output(name) else {
                let names = arm.signature.outputs.map { "'\($0.name)'" }.joined(separator: ", ")
                throw RequestFault(
                    .invalidInput, "model '\(arm.endpoint)' has no output '\(name.shortened)'; its outputs are \(names)"
                )
            }
            guard !job.wanted.contains(index) else {
                throw RequestFault(.invalidInput, "output '\(name.shortened)' is requested twice")
            }
            job.wanted.append(index)
        }
    }

    func abandon() {
        bytes = nil
        job.inputs = []
        job.slots = []
    }

    func reply(isStreamed: Bool) throws(RequestFault) -> GRPCInference.Reply {
        var bound = 0
        for index in job.wanted {
            let (sum, overflow) = bound.addingReportingOverflow(TypedContents.bound(try job.output(index).tensor))
            bound = overflow ? .max : sum
        }
        try ReplyLimit.admit(bound)
        var head = ProtoWriter(reserving: 128 + bound)
        for index in job.wanted {
            let (name, tensor) = try job.output(index)
            guard tensor.elementType.tensorFlowCode != 0 else {
                throw RequestFault(
                    .unsupported,
                    "output '\(name)' is \(tensor.elementType.displayName), for which TensorFlow has no type here")
            }
            head.message(1) { entry in
                entry.string(1, name)
                entry.tensorMessage(2, tensor)
            }
        }
        head.modelSpec(2, job.arm)
        return GRPCInference.Reply(head: head)
    }
}
