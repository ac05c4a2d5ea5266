import Trust

/// The request that a connection is busy with.
struct CurrentRequest {
    var id: String
    /// When its first byte was read, on the monotonic clock.
    let receivedAt: UInt64
    var method: String
    var isHead: Bool
    var isVersion10: Bool
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
    /// Who asks, for the record.
    var client = ""

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
