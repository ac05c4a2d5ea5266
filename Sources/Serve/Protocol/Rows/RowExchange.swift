import NIOCore
import Tensors

/// An inference request in rows, columns, examples or a table, over REST.
final class RowExchange: InferenceExchange {
    /// What is asked of the model.
    enum Task {
        case predict, classify, regress
        /// The platforms' one route, which takes every form and answers in the one that is accepted.
        case invocations(ReplyFormat)
        /// A table that is answered as the Open Inference Protocol does.
        case infer
    }

    let job: InferenceJob
    private let pool: BufferPool
    private let task: Task
    private let format: BodyFormat
    private let scores: ScoreOutputs?
    private var body: BodyBytes
    private var request = RowRequest(inputs: [], layout: .rows)
    /// Set for a request that is answered as the Open Inference Protocol does.
    private var openInference: V2Request?
    /// Positions of the outputs to answer with.
    private var outputs: [Int] = []

    /// - Parameters:
    ///   - format: what the body is; not binary tensors.
    ///   - length: the body's declared length, within the limit; `nil` when it is not declared.
    /// - Throws: `RequestFault` when the model has no outputs of the kind that is asked for.
    init(
        job: InferenceJob, task: Task, format: BodyFormat, pool: BufferPool, length: Int?
    ) throws(RequestFault) {
        self.job = job
        self.pool = pool
        self.task = task
        self.format = format
        switch task {
        case .classify: scores = try .classification(of: job.arm)
        case .regress: scores = try .regression(of: job.arm)
        default: scores = nil
        }
        if case .invocations(let reply) = task { outputs = try reply.outputs(of: job.arm) }
        body = BodyBytes(pool: pool, expected: length)
    }

    func receive(_ bytes: ByteBuffer) throws(RequestFault) { try body.append(bytes) }

    func finish() throws(RequestFault) {
        do {
            request = try body.withBytes { bytes in try parse(bytes) }
        } catch {
            throw RequestFault(adapting: error)
        }
        body = BodyBytes(pool: pool, expected: nil)
        try chooseOutputs()
        job.inputs = request.inputs
        job.wanted = outputs
        request.inputs = []
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws -> RowRequest {
        switch (format, task) {
        case (.csv(let hasHeader), _):
            var parser = CSVParser(bytes, hasHeader: hasHeader, arm: job.arm, pool: pool)
            return try parser.parse()
        case (.image, _): return try ImageInput(arm: job.arm).parse(bytes)
        case (.lines, _):
            var parser = RowRequestParser(bytes, arm: job.arm, pool: pool)
            return try parser.parseLines()
        case (.npy, _): return try ArrayInput(arm: job.arm, pool: pool).parse(bytes)
        case (_, .classify), (_, .regress):
            var parser = ExampleRequestParser(bytes, arm: job.arm, pool: pool)
            return try parser.parse()
        case (_, .invocations):
            var parser = RowRequestParser(bytes, arm: job.arm, pool: pool, takesEveryForm: true)
            return try parser.parseAny() ?? parseOpenInference(bytes)
        default:
            var parser = RowRequestParser(bytes, arm: job.arm, pool: pool)
            return try parser.parse()
        }
    }

    private func parseOpenInference(_ bytes: UnsafeRawBufferPointer) throws -> RowRequest {
        var parser = V2RequestParser(bytes, arm: job.arm, pool: pool, allowsBinary: false)
        let parsed = try parser.parse()
        openInference = parsed
        return RowRequest(inputs: try parsed.tensors(for: job.arm), layout: .columns)
    }

    private func chooseOutputs() throws(RequestFault) {
        let all = Array(job.arm.signature.outputs.indices)
        switch task {
        case .classify, .regress: outputs = scores?.wanted ?? []
        case .predict: outputs = all
        case .invocations(let reply):
            if let openInference, reply.output == nil { outputs = openInference.outputs.map(\.index) }
            if reply.kind == .npy { return }
        case .infer:
            outputs = all
            openInference = V2Request()
            openInference?.outputs = all.map { V2Request.Output(index: $0, isBinary: false) }
        }
        try job.arm.checkAreJSON(outputs)
    }

    func abandon() {
        body = BodyBytes(pool: pool, expected: nil)
        request.inputs = []
        openInference = nil
        job.inputs = []
        job.slots = []
    }

    func encode(into text: inout JSONWriter) throws(RequestFault) -> EncodedReply {
        switch task {
        case .classify, .regress: try encodeScores(into: &text)
        case .predict: try encodeRows(key: "outputs", into: &text)
        case .infer: return try encodeOpenInference(V2Request(), into: &text)
        case .invocations(let reply): return try encode(reply, into: &text)
        }
        return EncodedReply()
    }

    private func encodeScores(into text: inout JSONWriter) throws(RequestFault) {
        guard let scores else { return }
        let reply = ScoreReply(job: job, outputs: scores, rows: request.rows ?? 0)
        if case .classify = task { try reply.encodeClasses(into: &text) } else { try reply.encodeValues(into: &text) }
    }

    private func encodeRows(key: StaticString, into text: inout JSONWriter) throws(RequestFault) {
        let reply = RowReply(job: job, outputs: outputs)
        switch request.layout {
        case .rows: try reply.encode(rows: request.rows ?? 0, key: "predictions", into: &text)
        case .bare: try reply.encode(rows: request.rows ?? 0, into: &text)
        case .columns: try reply.encodeColumns(key: key, into: &text)
        }
    }

    private func encode(_ reply: ReplyFormat, into text: inout JSONWriter) throws(RequestFault) -> EncodedReply {
        switch reply.kind {
        case .csv:
            try RowReply(job: job, outputs: outputs).encodeCSV(into: &text)
            return EncodedReply(contentType: .csv)
        case .npy:
            try RowReply(job: job, outputs: outputs).encodeArray(into: &text)
            return EncodedReply(contentType: .npy)
        case .lines:
            try RowReply(job: job, outputs: outputs).encodeLines(into: &text)
            return EncodedReply(contentType: .lines)
        case .json:
            if let openInference, reply.output == nil { return try encodeOpenInference(openInference, into: &text) }
            // MLflow's word for the answer, whichever form the request has.
            try encodeRows(key: "predictions", into: &text)
            return EncodedReply()
        }
    }

    private func encodeOpenInference(
        _ request: V2Request, into text: inout JSONWriter
    ) throws(RequestFault) -> EncodedReply {
        var reply = V2Reply(request: openInference ?? request, job: job)
        return try reply.encode(into: &text)
    }
}

extension LiveArm {
    /// - Throws: `RequestFault.Code.unsupported` that names the first of these outputs that JSON cannot carry.
    func checkAreJSON(_ outputs: [Int]) throws(RequestFault) {
        for index in outputs where !signature.outputs[index].elementType.isJSON {
            let spec = signature.outputs[index]
            throw RequestFault(
                .unsupported,
                "output '\(spec.name)' is \(spec.elementType.displayName), which JSON cannot carry; ask for it as "
                    + "binary data at /v2/models/\(endpoint)/infer")
        }
    }
}

extension V2Request {
    /// The tensors in the signature's order. Every element has arrived.
    func tensors(for arm: LiveArm) throws(RequestFault) -> [Tensor] {
        var tensors: [(index: Int, tensor: Tensor)] = []
        tensors.reserveCapacity(inputs.count)
        for input in inputs {
            guard case .tensor(let tensor) = input.elements else { throw SharedMemory.refusal }
            tensors.append((input.index, tensor))
        }
        return try arm.ordered(tensors)
    }
}
