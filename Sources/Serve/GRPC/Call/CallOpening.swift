import Trust

/// What the header of a call says, found out once for all calls of a connection that begin with the same bytes.
///
/// Nothing in it depends on when it is asked, or on what is served: whose the credential is, for one, is asked anew for
/// each call.
final class CallOpening {
    enum Verdict {
        case call(GRPCMethod)
        /// A call that is refused whatever its messages are.
        case refused(RequestFault)
        /// HTTP/2, but not gRPC.
        case foreign(isPost: Bool)
        /// No request at all: its stream is reset.
        case malformed
    }

    let fields: HeaderFields
    private(set) var head = CallHead()
    let verdict: Verdict
    /// Bytes that the call's messages are said to have.
    private(set) var contentLength: Int?
    /// Why the name by which the server was called is not one of its own.
    private(set) var originFault: RequestFault?

    init(_ fields: HeaderFields, _ configuration: DataPlaneConfiguration) {
        self.fields = fields
        do throws(HeaderFields.Malformed) {
            contentLength = try fields.checkRequest()
        } catch {
            verdict = .malformed
            return
        }
        do throws(RequestFault) {
            head = try CallHead(fields)
            guard head.isPost, head.isGRPC else {
                verdict = .foreign(isPost: head.isPost)
                return
            }
            verdict = .call(try GRPCMethod.find(head.path))
        } catch {
            verdict = .refused(error)
        }
        originFault = Self.originFault(head.host, configuration)
    }

    private static func originFault(_ host: String?, _ configuration: DataPlaneConfiguration) -> RequestFault? {
        guard let origins = configuration.origins else { return nil }
        do throws(TrustError) {
            try origins.check(host: host)
            return nil
        } catch {
            return RequestFault(.misdirected, error.message)
        }
    }
}
