import NIOCore
import Tensors

/// An inference request of the Open Inference Protocol over REST.
final class V2Exchange: InferenceExchange {
    private enum Body {
        case json(BodyBytes)
        case binary(BinaryBody)
        case raw(RawBody)
    }

    let job: InferenceJob
    private var body: Body
    private var request = V2Request()
    /// Where tensors may lie that do not travel; `nil` where that is not offered.
    private let shared: SharedMemory?
    /// How an answer with binary tensors says what it is, where the client's platform asks for a way of its own.
    var envelope: EnvelopedBinary?

    /// - Parameters:
    ///   - length: the body's declared length, within the limit; `nil` when it is not declared.
    ///   - headerLength: what `Inference-Header-Content-Length` says.
    ///   - repeated: the connection's last JSON before tensors.
    /// - Throws: `RequestFault` when the two cannot be.
    init(
        job: InferenceJob, length: Int?, headerLength: Int?, shared: SharedMemory? = nil, repeated: RepeatedHeader
    ) throws(RequestFault) {
        self.job = job
        self.shared = shared
        let pool = job.pool
        if let headerLength, let length, headerLength > length {
            throw RequestFault(
                .malformedBody, "Inference-Header-Content-Length is \(headerLength), but the body has \(length) bytes")
        }
        switch headerLength {
        case nil: body = .json(BodyBytes(pool: pool, expected: length))
        case 0?: body = .raw(try RawBody(arm: job.arm, pool: pool, length: length))
        case let headerLength?:
            body = .binary(
                BinaryBody(
                    arm: job.arm, pool: pool, headerLength: headerLength, length: length, repeated: repeated))
        }
    }

    func receive(_ bytes: ByteBuffer) throws(RequestFault) {
        switch body {
        case .json(var text):
            body = .json(BodyBytes(pool: job.pool, expected: nil))
            try text.append(bytes)
            body = .json(text)
        case .binary(let binary): try binary.receive(bytes)
        case .raw(let raw): try raw.receive(bytes)
        }
    }

    func finish() throws(RequestFault) {
        switch body {
        case .json(let text):
            do {
                request = try text.withBytes { bytes in
                    var parser = V2RequestParser(bytes, arm: job.arm, pool: job.pool, allowsBinary: false)
                    return try parser.parse()
                }
            } catch {
                throw RequestFault(adapting: error)
            }
            body = .json(BodyBytes(pool: job.pool, expected: nil))
        case .binary(let binary): request = try binary.finish()
        case .raw(let raw): request = try raw.finish()
        }
        if let timeout = request.timeout { job.limit(toMicroseconds: timeout) }
        try fillJob()
    }

    private func fillJob() throws(RequestFault) {
        var tensors: [(index: Int, tensor: Tensor)] = []
        tensors.reserveCapacity(request.inputs.count)
        for input in request.inputs {
            switch input.elements {
            case .tensor(let tensor): tensors.append((input.index, tensor))
            case .shared(let part): tensors.append((input.index, try tensor(part, of: input)))
            case .binary: break
            }
        }
        for output in request.outputs {
            if let part = output.shared { try offered().check(part) }
        }
        job.inputs = try job.arm.ordered(tensors)
        job.wanted = request.outputs.map(\.index)
        job.priority = request.priority
        job.sequence = request.sequence
    }

    private func offered() throws(RequestFault) -> SharedMemory {
        guard let shared else { throw SharedMemory.refusal }
        return shared
    }

    private func tensor(_ part: SharedPart, of input: V2Request.Input) throws(RequestFault) -> Tensor {
        do {
            return try offered().tensor(input.elementType, input.shape, part, pool: job.pool)
        } catch {
            throw RequestFault.inInput(job.arm.signature.inputs[input.index].name, error)
        }
    }

    func abandon() {
        body = .json(BodyBytes(pool: job.pool, expected: nil))
        request = V2Request()
        job.inputs = []
        job.slots = []
    }

    var replyBound: Int { V2Reply.bound(of: request.outputs, job) }

    func encode(into text: inout JSONWriter) throws(RequestFault) -> EncodedReply {
        var reply = V2Reply(request: request, job: job, shared: shared)
        var encoded = try reply.encode(into: &text)
        if !encoded.tensors.isEmpty { encoded.contentType = envelope.map { .enveloped($0) } }
        return encoded
    }
}
