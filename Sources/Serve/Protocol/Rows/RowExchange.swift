import NIOCore
import Tensors

/// An inference request in rows, columns or examples, over REST.
final class RowExchange: InferenceExchange {
    /// What is asked of the model.
    enum Task: Hashable { case predict, classify, regress }

    let job: InferenceJob
    private let pool: BufferPool
    private let task: Task
    private let scores: ScoreOutputs?
    private var body: BodyBytes
    private var layout = RowRequest.Layout.rows
    private var rows = 0

    /// - Parameter length: the body's declared length, within the limit; `nil` when it is not declared.
    /// - Throws: `RequestFault.Code.unsupported` when the model has no outputs of the kind that is asked for.
    init(job: InferenceJob, task: Task, pool: BufferPool, length: Int?) throws(RequestFault) {
        self.job = job
        self.pool = pool
        self.task = task
        scores =
            switch task {
            case .predict: nil
            case .classify: try .classification(of: job.arm)
            case .regress: try .regression(of: job.arm)
            }
        body = BodyBytes(pool: pool, expected: length)
    }

    func receive(_ bytes: ByteBuffer) throws(RequestFault) { try body.append(bytes) }

    func finish() throws(RequestFault) {
        let request: RowRequest
        do {
            request = try body.withBytes { bytes in try parse(bytes) }
        } catch {
            throw RequestFault(adapting: error)
        }
        body = BodyBytes(pool: pool, expected: nil)
        layout = request.layout
        rows = request.rows ?? 0
        job.inputs = request.inputs
        job.wanted = try wanted()
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws -> RowRequest {
        if task == .predict {
            var parser = RowRequestParser(bytes, arm: job.arm, pool: pool)
            return try parser.parse()
        }
        var parser = ExampleRequestParser(bytes, arm: job.arm, pool: pool)
        return try parser.parse()
    }

    private func wanted() throws(RequestFault) -> [Int] {
        if let scores { return scores.wanted }
        try job.arm.checkOutputsAreJSON()
        return Array(job.arm.signature.outputs.indices)
    }

    func abandon() {
        body = BodyBytes(pool: pool, expected: nil)
        job.inputs = []
        job.slots = []
    }

    func encode(into text: inout JSONWriter) throws(RequestFault) -> EncodedReply {
        if let scores {
            let reply = ScoreReply(job: job, outputs: scores, rows: rows)
            if task == .classify { try reply.encodeClasses(into: &text) } else { try reply.encodeValues(into: &text) }
        } else {
            let reply = RowReply(job: job, outputs: Array(job.arm.signature.outputs.indices))
            switch layout {
            case .rows: try reply.encode(rows: rows, key: "predictions", into: &text)
            case .columns: try reply.encodeColumns(key: "outputs", into: &text)
            }
        }
        return EncodedReply()
    }
}

extension LiveArm {
    /// - Throws: `RequestFault.Code.unsupported` that names the first output that JSON cannot carry.
    func checkOutputsAreJSON() throws(RequestFault) {
        for spec in signature.outputs where !spec.elementType.isJSON {
            throw RequestFault(
                .unsupported,
                "output '\(spec.name)' is \(spec.elementType.displayName), which JSON cannot carry; ask for it as "
                    + "binary data at /v2/models/\(endpoint)/infer")
        }
    }
}
