import Engines
import NIOCore
import Tensors

/// One complete inference request in some protocol: what fills a job.
///
/// Belongs to one event loop.
protocol JobSource: AnyObject {
    var job: InferenceJob { get }

    /// Fills the job's inputs and wanted outputs.
    func finish() throws(RequestFault)
}

/// One inference request over HTTP: takes the body as it arrives, fills a job when it is complete, writes the job's
/// answer.
protocol InferenceExchange: JobSource {
    /// Takes a piece of the body.
    ///
    /// - Throws: what is wrong with the request, as soon as it can be known.
    func receive(_ bytes: ByteBuffer) throws(RequestFault)

    /// Gives back the memory of a request that will not be run, before it is told so.
    func abandon()

    /// The most bytes that the answer can have, told without writing it.
    var replyBound: Int { get }

    /// Writes the answer's text; says what follows it.
    func encode(into text: inout JSONWriter) throws(RequestFault) -> EncodedReply
}

extension InferenceExchange {
    /// As if every output that was computed were written as nested lists of JSON, the longest form there is.
    var replyBound: Int {
        job.slots.reduce(0) { sum, slot in
            guard case .tensor(let tensor) = slot else { return sum }
            let brackets = tensor.shape.elementCount.multipliedReportingOverflow(by: 2 * tensor.shape.dimensions.count)
            let (size, isLarge) = JSONWriter.tensorDataBound(tensor).addingReportingOverflow(brackets.partialValue)
            let (total, overflow) = sum.addingReportingOverflow(size)
            return (brackets.overflow || isLarge || overflow) ? .max : total
        }
    }
}

/// What follows the text of an answer.
struct EncodedReply {
    /// Tensors in binary form.
    var tensors: [Tensor] = []
    /// What text and tensors are together; `nil` for JSON, or for JSON and tensors.
    var contentType: ReplyHead.ContentType?

    /// Bytes of all tensors.
    var byteCount: Int {
        tensors.reduce(0) { $0 + ($1.strings.map(BinaryStrings.byteCount) ?? $1.byteCount) }
    }

    func write(into buffer: inout ByteBuffer) {
        for tensor in tensors {
            if let strings = tensor.strings {
                BinaryStrings.encode(strings, into: &buffer)
            } else {
                buffer.writeBytes(tensor.bytes)
            }
        }
    }
}
