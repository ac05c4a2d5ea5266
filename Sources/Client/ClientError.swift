/// Why a request to a server did not give a usable answer.
package struct ClientError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value {
            case invalidAddress, invalidRequest, unreachable, timedOut, closed, malformedReply, tooLarge, status,
                cancelled
        }
        private let value: Value

        /// The text that should name a server does not.
        package static let invalidAddress = Code(value: .invalidAddress)
        /// The request cannot be put on the wire: a header with a line break, a tensor that JSON cannot carry.
        package static let invalidRequest = Code(value: .invalidRequest)
        /// No connection could be made; nothing was sent.
        package static let unreachable = Code(value: .unreachable)
        /// The connection or the reply took longer than allowed; the server may still be at work on it.
        package static let timedOut = Code(value: .timedOut)
        /// The connection ended before the reply did; whether the request was carried out is not known.
        package static let closed = Code(value: .closed)
        /// The reply breaks HTTP, JSON or the Open Inference Protocol.
        package static let malformedReply = Code(value: .malformedReply)
        /// The reply is over this client's limit.
        package static let tooLarge = Code(value: .tooLarge)
        /// The server answered with a status other than success; `status` has it.
        package static let status = Code(value: .status)
        /// The calling task was cancelled.
        package static let cancelled = Code(value: .cancelled)
    }

    package var code: Code
    package var message: String
    /// The HTTP status, where the server sent one.
    package var status: Int?
    /// The server's own error code, such as `SW1042`, where its reply has one.
    package var serverCode: String?

    package init(_ code: Code, _ message: String, status: Int? = nil, serverCode: String? = nil) {
        self.code = code
        self.message = message
        self.status = status
        self.serverCode = serverCode
    }

    /// The same error with what was being done named first.
    func located(in place: String) -> ClientError {
        var copy = self
        copy.message = "\(place): \(message)"
        return copy
    }
}

extension ClientError: CustomStringConvertible {
    package var description: String { message }
}
