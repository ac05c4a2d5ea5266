extension AnsweredRequest {
    /// A call, or one request of a stream.
    ///
    /// - Parameter receivedAt: when that request was read, where it is not the whole call.
    init(_ call: GRPCCall, _ status: HTTPStatus, job: InferenceJob? = nil, receivedAt: UInt64? = nil) {
        self.init(
            id: call.requestID, method: call.method.name, receivedAt: receivedAt ?? call.receivedAt,
            status: status, job: job)
        trace = call.opening.head.trace
    }
}
