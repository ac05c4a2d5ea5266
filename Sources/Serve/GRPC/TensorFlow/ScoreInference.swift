import NIOCore
import Tensors

/// One `ClassificationRequest` or `RegressionRequest` of TensorFlow Serving and its answer.
///
/// Source: TensorFlow Serving, `classification.proto` and `regression.proto`.
final class ScoreInference: AnswerSource {
    let job: InferenceJob
    private let outputs: ScoreOutputs
    private let isClassification: Bool
    private let message: ScoreMessage
    private var bytes: MessageBytes?
    private var rows = 0

    /// - Throws: `RequestFault.Code.unsupported` when the model has no outputs of the kind that is asked for.
    init(job: InferenceJob, message: ScoreMessage, bytes: MessageBytes, isClassification: Bool) throws(RequestFault) {
        self.job = job
        self.message = message
        self.bytes = bytes
        self.isClassification = isClassification
        outputs = isClassification ? try .classification(of: job.arm) : try .regression(of: job.arm)
    }

    func finish() throws(RequestFault) {
        guard let message = bytes else { return }
        bytes = nil
        try self.message.spec.checkSignature()
        let input = self.message.input
        (job.inputs, rows) = try message.withBytes { bytes throws(RequestFault) in
            let examples = try ExampleInputs(bytes, input, arm: job.arm, pool: job.pool)
            return (try examples.tensors(), examples.rows)
        }
        job.wanted = outputs.wanted
    }

    func abandon() {
        bytes = nil
        job.inputs = []
        job.slots = []
    }

    func reply(isStreamed: Bool) throws(RequestFault) -> GRPCInference.Reply {
        let reply = ScoreReply(job: job, outputs: outputs, rows: rows)
        var head = ProtoWriter(reserving: 256)
        let scores = try reply.scores
        let (bound, overflow) = scores.shape.elementCount.multipliedReportingOverflow(by: 64)
        try ReplyLimit.admit(overflow ? .max : bound)
        if isClassification {
            try writeClasses(reply, scores, &head)
        } else {
            try writeValues(scores, &head)
        }
        head.modelSpec(2, job.arm)
        return GRPCInference.Reply(head: head)
    }

    private func writeClasses(
        _ reply: ScoreReply, _ scores: Tensor, _ head: inout ProtoWriter
    ) throws(RequestFault) {
        let count = rows == 0 ? 0 : scores.shape.elementCount / rows
        let names = try reply.classNames(count: count)
        head.message(1) { result in
            for row in 0..<rows {
                result.message(1) { classes in
                    for index in 0..<count {
                        classes.message(1) { entry in
                            entry.string(1, names(row, index))
                            entry.float(2, scores.score(at: row * count + index))
                        }
                    }
                }
            }
        }
    }

    private func writeValues(_ scores: Tensor, _ head: inout ProtoWriter) throws(RequestFault) {
        guard scores.shape.elementCount == rows else {
            throw RequestFault(
                .unsupported, "the output has shape \(scores.shape), not one number for each example; use 'Predict'")
        }
        head.message(1) { result in
            for row in 0..<rows { result.message(1) { $0.float(1, scores.score(at: row)) } }
        }
    }
}

extension Tensor {
    /// An element of an FP32 or FP64 tensor.
    fileprivate func score(at index: Int) -> Float {
        elementType == .float32
            ? bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
            : Float(bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
    }
}

extension ProtoWriter {
    /// A `float`; left out when it is 0, as proto3 does.
    fileprivate mutating func float(_ number: Int, _ value: Float) {
        guard value.bitPattern != 0 else { return }
        tag(number, .fixed32)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
