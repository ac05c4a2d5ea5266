import Trust

/// The request that a connection is busy with. Belongs to one event loop.
final class CurrentRequest {
    /// Empty until it is known.
    var id = ""
    /// When its first byte was read, on the monotonic clock.
    let receivedAt: UInt64
    let method: String
    let isHead: Bool
    let isVersion10: Bool
    var keepsAlive: Bool
    /// The declared length of its body.
    var length: Int?
    var isChunked = false
    var waitsForContinue = false
    /// Bytes of the body so far.
    var received = 0
    /// Whether its last byte was read.
    var isComplete = false
    /// Set for an inference request.
    var exchange: (any InferenceExchange)?
    /// Set once an inference request is complete.
    var flight: InferenceFlight?
    /// Set for every other request that will be answered well.
    var answer: Answer?
    /// Set for a request whose answer depends on its body, which `text` takes.
    var question: RouteMatch?
    var text: [UInt8] = []
    /// The trace that it says it belongs to.
    var trace: TraceContext?
    /// Who asks, for the record.
    var client = ""

    init(receivedAt: UInt64, method: String, isHead: Bool, isVersion10: Bool) {
        self.receivedAt = receivedAt
        self.method = method
        self.isHead = isHead
        self.isVersion10 = isVersion10
        keepsAlive = !isVersion10
    }

    /// Whether what is left of the body is little enough to read and drop.
    var canDiscardRest: Bool {
        if isComplete { return true }
        if isChunked || waitsForContinue { return false }
        return (length ?? 0) - received <= HTTPLimits.discardedBytes
    }
}

/// A reply that takes no run.
struct Answer {
    var status = HTTPStatus.ok
    var contentType = ReplyHead.ContentType.json
    var body: [UInt8]
    var allow: String?
    var retryAfter: Int?
}
