import Home
import Registry
import Trust

/// Who may do what: names and roles of tokens, never anything that could be used as one.
extension Views {
    struct TokensPage {
        var tokens: [Token]
        var hasTokens: Bool
        var roles: [Fact]
        var lead: String
    }

    struct Token {
        var name: String
        var role: String
        var made: Moment
        var state: Pill
    }
}

extension Templates {
    static let tokens = """
        {{<layout}}{{$content}}
        <h1>Tokens</h1>
        <p class="lead">{{lead}}</p>
        {{#hasTokens}}<section class="card">
        <table class="list"><caption>Names and roles; the secrets were shown once and are kept as hashes only</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">State</th><th scope="col">Made</th></tr></thead>
        <tbody>{{#tokens}}<tr><th scope="row">{{name}}</th><td>{{role}}</td><td>{{#state}}{{>pill}}{{/state}}</td><td class="when">{{#made}}<time datetime="{{iso}}">{{shown}}</time>{{/made}}</td></tr>{{/tokens}}</tbody>
        </table></section>{{/hasTokens}}
        <section class="card">
        <table class="named"><caption>What roles may do; each may also do what those before it may</caption><tbody>{{#roles}}<tr><th scope="row">{{name}}</th><td class="free">{{value}}</td></tr>{{/roles}}</tbody></table>
        <h2>Made and revoked at a terminal</h2>
        <pre>slipway token create grafana --role viewer
        slipway token revoke grafana</pre>
        </section>
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    func tokensPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("Tokens", request)
        frame.onTokens = true
        let rows = try overview.deployments.registry.database.read { try $0.tokens(includingRevoked: true) }
        let now = Timestamp.now().milliseconds
        // Those in use first, then the newest.
        let tokens = rows.sorted {
            ($0.revokedAt == nil ? 0 : 1, $1.createdAt) < ($1.revokedAt == nil ? 0 : 1, $0.createdAt)
        }
        .prefix(Self.mostTokens).map { row in
            let isOver = row.expiresAt.map { $0.milliseconds <= now } ?? false
            let state =
                row.revokedAt != nil
                ? Views.Pill(text: "✕ revoked", style: "bad")
                : isOver ? Views.Pill(text: "○ expired", style: "warn") : Views.Pill(text: "✓ in use", style: "good")
            return Views.Token(name: row.name, role: row.role, made: Views.Moment(row.createdAt), state: state)
        }
        let lead =
            gate.asksForTokens
            ? "Every request needs one of these tokens, but for health and metrics."
            : "This server listens where only you reach it, and asks for no token."
        return .page(
            pages.page(
                "tokens", frame,
                Views.TokensPage(tokens: tokens, hasTokens: !tokens.isEmpty, roles: Self.roles, lead: lead)))
    }

    private static let mostTokens = 500
    private static let roles = [
        Views.Fact(name: "viewer", value: "look at everything but tokens and the doctor"),
        Views.Fact(name: "invoker", value: "ask models, here and on the data plane"),
        Views.Fact(name: "deployer", value: "deploy, promote, roll back, steer rollouts"),
        Views.Fact(name: "admin", value: "everything"),
    ]
}
