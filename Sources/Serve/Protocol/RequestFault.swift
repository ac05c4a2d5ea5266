/// Why a request is refused; it renders its own reply.
///
/// The message goes to the client: it names what was expected, what was found and where, and never a path, a secret or
/// another client's name.
struct RequestFault: Error, Hashable, Sendable {
    /// What kind of fault, stable for clients, and its status.
    struct Code: Hashable, Sendable {
        let name: String
        let status: HTTPStatus

        private init(_ name: String, _ status: HTTPStatus) {
            self.name = name
            self.status = status
        }

        /// The bytes are no HTTP/1 request, or an ambiguous one.
        static let malformedRequest = Code("malformed_request", .badRequest)
        /// The target cannot be a path of ours: bad escapes, control characters, `..`.
        static let invalidTarget = Code("invalid_target", .badRequest)
        /// The body is not what its framing or the JSON grammar say.
        static let malformedBody = Code("malformed_body", .badRequest)
        /// A tensor, an output or a parameter does not fit the model.
        static let invalidInput = Code("invalid_input", .badRequest)
        /// Inputs far outside what the version was evaluated on, where its endpoint refuses them.
        static let farOutside = Code("far_outside_reference", .unprocessable)
        /// Understood, but not offered.
        static let unsupported = Code("unsupported", .badRequest)
        /// A part of the protocol that this server does not have.
        static let notOffered = Code("not_offered", .notImplemented)
        /// A model is not put into service, or not taken out, in the state it is in.
        static let notInThisState = Code("conflict", .conflict)
        /// A model was to be put into service and could not; what ran before runs on.
        static let loadFailed = Code("load_failed", .internalError)
        static let unauthenticated = Code("unauthenticated", .unauthorized)
        static let forbidden = Code("forbidden", .forbidden)
        /// A browser sent it on behalf of another site.
        static let foreignOrigin = Code("foreign_origin", .forbidden)
        static let misdirected = Code("misdirected", .misdirected)
        static let notFound = Code("not_found", .notFound)
        static let unknownModel = Code("unknown_model", .notFound)
        static let unknownVersion = Code("unknown_version", .notFound)
        static let unknownRegion = Code("unknown_region", .notFound)
        static let methodNotAllowed = Code("method_not_allowed", .methodNotAllowed)
        static let notAcceptable = Code("not_acceptable", .notAcceptable)
        static let requestTimeout = Code("request_timeout", .requestTimeout)
        static let bodyTooLarge = Code("body_too_large", .contentTooLarge)
        static let targetTooLong = Code("target_too_long", .targetTooLong)
        static let headerTooLarge = Code("header_too_large", .headerTooLarge)
        static let unsupportedMediaType = Code("unsupported_media_type", .unsupportedMediaType)
        static let expectationFailed = Code("expectation_failed", .expectationFailed)
        /// The engine failed; the log has its words.
        static let runFailed = Code("run_failed", .internalError)
        static let modelNotReady = Code("model_not_ready", .unavailable)
        static let serverNotReady = Code("server_not_ready", .unavailable)
        static let queueFull = Code("queue_full", .unavailable)
        /// It would have to wait too long.
        static let overloaded = Code("overloaded", .unavailable)
        static let outOfMemory = Code("out_of_memory", .unavailable)
        static let tooManyConnections = Code("too_many_connections", .unavailable)
        static let deadlineExceeded = Code("deadline_exceeded", .deadlineExceeded)
        /// The outputs would be larger than a reply may be.
        static let replyTooLarge = Code("reply_too_large", .insufficientStorage)
        /// A model would need more memory than is left for it.
        static let noRoom = Code("no_room", .insufficientStorage)
        /// The run would need more memory than engines may have.
        static let runTooLarge = Code("run_too_large", .insufficientStorage)
    }

    var code: Code
    var message: String
    /// Whether what follows on the connection can no longer be told apart, so that it has to end.
    var closesConnection = false
    /// The value of an `Allow` header.
    var allow: String?
    /// Seconds after which the client may try again, where trying again can help.
    var retryAfter: Int?

    init(_ code: Code, _ message: String, closesConnection: Bool = false, allow: String? = nil) {
        self.code = code
        self.message = message
        self.closesConnection = closesConnection
        self.allow = allow
        retryAfter = code.status == .unavailable ? 1 : nil
    }

}
