/// The trace that calls to other machines belong to: whoever begins an operation sets it for as long as that takes, and
/// every wire tells the machines that were asked of it, in `traceparent`.
///
/// Only those: a redirect, a token service or an object store that somebody sends us to learns nothing of it. Source: W3C
/// Trace Context, section 2.2 and the advice on privacy of section 6.
package struct CallTrace: Sendable {
    /// One call that was made, for a span.
    package struct Call: Sendable {
        package let method: String
        /// Scheme, host and port; never a path, which may have secrets.
        package let place: String
        /// The span's own id; not 0.
        package let span: UInt64
        /// `nil` where no answer came.
        package var status: Int?
    }

    /// What holds on this task; `nil` where nobody traces.
    @TaskLocal package static var current: CallTrace?

    private let text: @Sendable (_ span: UInt64) -> String
    private let begin: @Sendable () -> @Sendable (Call) -> Void

    /// - Parameters:
    ///   - text: what `traceparent` says of the call with this span.
    ///   - begin: called before a call; what it gives, after.
    package init(
        text: @escaping @Sendable (_ span: UInt64) -> String,
        begin: @escaping @Sendable () -> @Sendable (Call) -> Void
    ) {
        self.text = text
        self.begin = begin
    }

    /// Goes on with a trace that somebody else records: every call says what they said.
    ///
    /// - Parameter text: a `traceparent`, which has been read and found to be one.
    package init(passingOn text: String) { self.init(text: { _ in text }, begin: { { _ in } }) }

    /// Sends a request within the present trace, if there is one.
    ///
    /// - Parameter asked: whom the operation is about; others are told nothing.
    static func carry(
        _ request: WireRequest, asked: WebAddress.Origin,
        _ send: (WireRequest) async throws -> WireReply
    ) async throws -> WireReply {
        guard let trace = current, request.address.origin == asked else { return try await send(request) }
        let span = UInt64.random(in: 1 ... .max)
        var request = request
        request.headers.set("traceparent", trace.text(span))
        var call = Call(method: request.method, place: "\(asked)", span: span)
        let end = trace.begin()
        defer { end(call) }
        let reply = try await send(request)
        call.status = reply.status
        return reply
    }
}

/// A wire whose requests to one machine carry the present trace.
struct TracedWire: Wire {
    let wire: any Wire
    let asked: WebAddress.Origin

    func send(_ request: WireRequest) async throws -> WireReply {
        try await CallTrace.carry(request, asked: asked) { try await wire.send($0) }
    }
}
