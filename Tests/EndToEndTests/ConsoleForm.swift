import Client
import Tensors
import TestSupport

/// A page of the console as a browser holds it: the cookie it was given, and the token in its forms.
struct ConsoleForm: Sendable {
    private let client: HTTPClient
    private var bearer: String?
    private(set) var cookie: String?
    private(set) var token: String?
    /// The page's HTML.
    let page: String

    /// Opens a page.
    init(at path: String, of server: Slipway.Server, bearer: String? = nil) async throws {
        client = try server.controlPlane()
        self.bearer = bearer
        let reply = try await client.request("GET", path, headers: bearer.map { [.bearer($0)] } ?? [])
        page = reply.text
        cookie = reply.header("set-cookie").map { String($0.prefix { $0 != ";" }) }
        token = page.firstMatch(of: /name="token" value="([^"]+)"/).map { String($0.1) }
        guard cookie != nil, token != nil else { throw MissingTool("the page at \(path) has no form: \(page)") }
    }

    func replacing(token: String?) -> ConsoleForm {
        var copy = self
        copy.token = token
        return copy
    }

    func replacing(cookie: String?) -> ConsoleForm {
        var copy = self
        copy.cookie = cookie
        return copy
    }

    func replacing(bearer: String?) -> ConsoleForm {
        var copy = self
        copy.bearer = bearer
        return copy
    }

    /// Sends a form of the page.
    ///
    /// - Parameter fields: besides the token, encoded.
    func post(_ path: String, fields: String = "", headers: [HTTPHeader] = []) async throws -> HTTPReply {
        var all = headers + [HTTPHeader("content-type", "application/x-www-form-urlencoded")]
        if let cookie { all.append(HTTPHeader("cookie", cookie)) }
        if let bearer { all.append(.bearer(bearer)) }
        let body = [token.map { "token=\($0)" }, fields.isEmpty ? nil : fields].compactMap { $0 }.joined(separator: "&")
        return try await client.request("POST", path, headers: all, body: Array(body.utf8))
    }
}
