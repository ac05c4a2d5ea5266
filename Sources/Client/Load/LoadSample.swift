/// One prepared request, and how to tell a right answer to it.
package struct LoadSample: Sendable {
    /// What counts as right. A reply whose status is not a success is a failure whatever is expected.
    package enum Expectation: Sendable {
        /// Any reply with a success status.
        case anything
        /// The class of each row: the value of the reply's first INT64 output, or the place of the largest value in
        /// each row of its first FP32 output, whichever comes first.
        case labels([Int])
        /// The closure decides. It gets the body and how many bytes of it are JSON, runs on an event loop and must
        /// be quick; the memory is valid during the call only.
        case verified(by: @Sendable (_ body: UnsafeRawBufferPointer, _ jsonLength: Int) -> Bool)
    }

    /// The whole HTTP request as it goes over the wire.
    package let bytes: [UInt8]
    /// What the answer must be.
    package let expectation: Expectation

    /// A request of any kind.
    ///
    /// - Throws: `ClientError.Code.invalidRequest`.
    package init(
        _ method: String, _ path: String, to server: ServerAddress, headers: [HTTPHeader] = [], body: [UInt8] = [],
        expecting expectation: Expectation = .anything
    ) throws(ClientError) {
        bytes = try HTTPRequest(method, path, headers: headers, body: body).encoded(authority: server.authority)
        self.expectation = expectation
    }

    /// A model call.
    ///
    /// - Throws: `ClientError.Code.invalidRequest`.
    package init(
        _ request: InferenceRequest, to server: ServerAddress, bearer: String? = nil,
        expecting expectation: Expectation = .anything
    ) throws(ClientError) {
        let body = try request.encodedBody()
        let identity: [HTTPHeader] = bearer.map { [.bearer($0)] } ?? []
        try self.init(
            "POST", request.path, to: server, headers: identity + body.headers, body: body.bytes, expecting: expectation
        )
    }
}
