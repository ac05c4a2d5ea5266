package import Trust
import Workshop

/// One route of the control plane. Its role is declared where it is made; a test goes through the whole table.
package struct ControlRoute: Sendable {
    /// Nothing but these two: forms know no others.
    package enum Method: String, Sendable { case get = "GET", post = "POST" }

    /// How the caller is told from a forger.
    package enum Kind: Sendable {
        /// Changes nothing.
        case reading
        /// A form of a page of ours: carries the page's anti-forgery token.
        case form
        /// Called by programs: a JSON body, which no foreign page can send without being asked first.
        case api
    }

    /// Reading is GET, changing is POST.
    package let method: Method
    /// Segments that begin with `:` are parameters.
    package let path: String
    /// What the caller must at least be.
    package let role: Role
    /// How a forger is kept out.
    package let kind: Kind
    let handler: @Sendable (ControlRequest) async throws -> ControlReply

    /// Whether people look at it, so that a refusal is a page as well.
    var isPage: Bool {
        !path.hasPrefix("/api/") && !path.hasPrefix("/console/") && path != "/metrics" && path != "/healthz"
    }

    init(
        _ method: Method, _ path: String, role: Role, kind: Kind = .reading,
        _ handler: @escaping @Sendable (ControlRequest) async throws -> ControlReply
    ) {
        self.method = method
        self.path = path
        self.role = role
        self.kind = kind
        self.handler = handler
    }
}

/// A request that has been let in.
struct ControlRequest: Sendable {
    var parameters: [String: String]
    var query: [String: String]
    var body: [UInt8]
    var identity: Identity
    /// The bearer token, to be passed on to the data plane.
    var bearer: String?
    /// Ties a form to the browser that got it.
    var session: String
    /// The pages' figures are being fetched again by their own script.
    var isRefresh: Bool
    /// What it wants to be answered with.
    var accept: String?
    /// The session that the caller is signed in with; `nil` for whoever sends a token with each request, or needs none.
    var signedIn: String?
    /// The path and what follows it.
    var target = "/"
    /// Where it comes from: what attempts to guess are counted by.
    var source = ""
    /// Whether the page that sent it came over TLS, which somebody in front of this server ends.
    var isSecure = false

    func parameter(_ name: String) -> String { parameters[name] ?? "" }
}

/// What is answered.
struct ControlReply: Sendable {
    var status: Int
    var contentType: String
    var body: [UInt8]
    /// Where a form leads to.
    var location: String?
    /// Cookies that are given or taken away, as headers.
    var cookies: [String] = []
    /// Seconds after which it is worth to ask again.
    var retryAfter: Int?
    /// Server-sent events in place of a body, until they end.
    var events: AsyncStream<String>?
    /// The content security policy in place of the console's.
    var policy: String?

    static func page(_ html: String, status: Int = 200) -> ControlReply {
        ControlReply(status: status, contentType: "text/html; charset=utf-8", body: Array(html.utf8))
    }

    static func text(_ text: String, type: String, status: Int = 200) -> ControlReply {
        ControlReply(status: status, contentType: type, body: Array(text.utf8))
    }

    /// A page that has its style inside and nothing else, such as the command line writes into a file.
    static func document(_ html: String) -> ControlReply {
        var reply = page(html)
        let start = html.firstRange(of: "<style>")?.upperBound
        let end = html.firstRange(of: "</style>")?.lowerBound
        guard let start, let end, start <= end else { return reply }
        let style = PageReport.policySource(of: String(html[start..<end]))
        reply.policy =
            "default-src 'none'; style-src \(style); frame-ancestors 'none'; form-action 'none'; base-uri 'none'"
        return reply
    }

    /// A stream of events.
    static func events(_ events: AsyncStream<String>) -> ControlReply {
        var reply = text("", type: "text/event-stream; charset=utf-8")
        reply.events = events
        return reply
    }

    static func redirect(to path: String) -> ControlReply {
        ControlReply(status: 303, contentType: "text/plain; charset=utf-8", body: [], location: path)
    }
}
