import Charts
import Home
import Registry
import Trust

/// Who may do what: tokens are made and revoked here. A secret is shown once, to whoever made it.
extension Views {
    struct TokensPage {
        var tokens: [Token]
        var hasTokens: Bool
        var roles: [Fact]
        var lead: String
        /// The token that was just made.
        var made: MadeToken?
        var problem: String?
        /// What was typed, where it could not be done.
        var name: String
        var token: String
    }

    struct Token {
        var name: String
        var role: String
        var made: Moment
        var expires: Moment?
        var state: Pill
        var acts: [Act]
    }

    struct MadeToken {
        var name: String
        var role: String
        var secret: String
    }
}

extension Templates {
    static let tokens = """
        {{<layout}}{{$content}}
        <h1>Tokens</h1>
        <p class="lead">{{lead}}</p>
        {{#problem}}<p class="note bad" role="alert">{{problem}}</p>{{/problem}}
        {{#made}}<section class="card" aria-labelledby="made">
        <h2 id="made">{{name}} is made, as {{role}}</h2>
        <p>Keep it now: it is shown this once. Programs send it as <code>Authorization: Bearer …</code>, people paste it to sign in.</p>
        <div class="code"><button class="quiet copy" type="button" data-copy="secret" hidden>Copy<span class="unseen"> the token</span></button><pre id="secret" tabindex="0" role="region" aria-label="The token">{{secret}}</pre></div>
        </section>{{/made}}
        <section class="card" aria-labelledby="new">
        <h2 id="new">Make one</h2>
        <form class="fields" method="post" action="/tokens"><input type="hidden" name="token" value="{{token}}">
        <div><label for="name">Name</label><input id="name" name="name" type="text" required maxlength="64" autocomplete="off" spellcheck="false" value="{{name}}"></div>
        <div><label for="role">Role</label><select id="role" name="role"><option selected>viewer</option><option>invoker</option><option>deployer</option><option>admin</option></select></div>
        <div><label for="days">Good for</label><select id="days" name="days"><option value="1">a day</option><option value="7">a week</option><option value="30">30 days</option><option value="90" selected>90 days</option><option value="365">a year</option><option value="0">as long as it is not revoked</option></select></div>
        <div><button type="submit">Make token</button></div>
        </form>
        <table class="named"><caption>What roles may do; each may also do what those before it may</caption><tbody>{{#roles}}{{>pair}}{{/roles}}</tbody></table>
        </section>
        {{#hasTokens}}<section class="card">
        <table class="list"><caption>Tokens; their secrets were shown once and are kept as hashes only</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Role</th><th scope="col">State</th><th scope="col">Made</th><th scope="col">Expires</th><td></td></tr></thead>
        <tbody>{{#tokens}}<tr><th scope="row">{{name}}</th><td>{{role}}</td><td>{{#state}}{{>pill}}{{/state}}</td><td class="when">{{#made}}<time datetime="{{iso}}">{{shown}}</time>{{/made}}</td><td class="when">{{#expires}}<time datetime="{{iso}}">{{shown}}</time>{{/expires}}{{^expires}}never{{/expires}}</td><td class="do">{{#acts}}{{>act}}{{/acts}}</td></tr>{{/tokens}}</tbody>
        </table></section>{{/hasTokens}}
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    func tokensPage(_ request: ControlRequest) async throws -> ControlReply { try tokensPage(request, status: 200) }

    /// Makes a token, and shows it.
    func makeToken(_ request: ControlRequest) async throws -> ControlReply {
        let form = FormBody(request.body)
        let name = (form["name"] ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard (1...Self.longestName).contains(name.unicodeScalars.count),
            name.unicodeScalars.allSatisfy(Markup.isVisible), let role = form["role"].flatMap(Role.init(name:)),
            role > .anonymous, let days = form["days"].flatMap({ Int($0) }), (0...Self.mostDays).contains(days)
        else {
            return try tokensPage(
                request, status: 400, typed: String(name.prefix(Self.longestName)),
                problem: "A token has a name of 1 to \(Self.longestName) characters, a role and a time.")
        }
        let secret = TokenSecret.generate()
        let expiry = days == 0 ? nil : Timestamp(milliseconds: Timestamp.now().milliseconds + Int64(days) * 86_400_000)
        do {
            _ = try overview.deployments.registry.database.write {
                try $0.insertToken(
                    name: name, hash: secret.hash.description, role: role.name, expiresAt: expiry,
                    author: request.identity.name)
            }
            try tokensChanged()
        } catch let error as HomeError where error.code == .conflict {
            return try tokensPage(request, status: 409, typed: name, problem: "There is a token '\(name)' already.")
        }
        return try tokensPage(
            request, status: 200, made: Views.MadeToken(name: name, role: role.name, secret: secret.text))
    }

    /// Makes a token worthless, and whoever is signed in with it with it.
    func revokeToken(_ request: ControlRequest) async throws -> ControlReply {
        let name = FormBody(request.body)["action"] ?? ""
        do {
            try overview.deployments.registry.database.write {
                try $0.revokeToken(name, author: request.identity.name)
            }
            try tokensChanged()
        } catch let error as HomeError where error.code == .notFound {
            return try tokensPage(request, status: 404, problem: "There is no token '\(name.prefix(64))' in use.")
        }
        return .redirect(to: "/tokens")
    }

    private func tokensPage(
        _ request: ControlRequest, status: Int, typed: String = "", made: Views.MadeToken? = nil,
        problem: String? = nil
    ) throws -> ControlReply {
        var frame = frame("Tokens", request)
        frame.onTokens = true
        let rows = try overview.deployments.registry.database.read { try $0.tokens(includingRevoked: true) }
        // Those in use first, then the newest.
        let tokens = rows.sorted {
            ($0.revokedAt == nil ? 0 : 1, $1.createdAt) < ($1.revokedAt == nil ? 0 : 1, $0.createdAt)
        }
        .prefix(Self.mostTokens).map { view(of: $0, request) }
        let lead =
            gate.asksForTokens
            ? "Every request needs one of these tokens, but for health and metrics."
            : "This server asks for no token: it listens where only you reach it, or was told to let everybody in."
        let shown = Views.TokensPage(
            tokens: tokens, hasTokens: !tokens.isEmpty, roles: Self.roles, lead: lead, made: made, problem: problem,
            name: typed, token: token(request))
        return .page(pages.page("tokens", frame, shown), status: status)
    }

    private func view(of row: TokenRow, _ request: ControlRequest) -> Views.Token {
        let isOver = row.expiresAt.map { $0.milliseconds <= Timestamp.now().milliseconds } ?? false
        let state =
            row.revokedAt != nil
            ? Views.Pill(text: "✕ revoked", style: "bad")
            : isOver ? Views.Pill(text: "○ expired", style: "warn") : Views.Pill(text: "✓ in use", style: "good")
        let isOwn = gate.asksForTokens && row.name == request.identity.name
        let question =
            isOwn ? "Revoke '\(row.name)'? It is yours: you are out at once." : "Revoke '\(row.name)'? It ends at once."
        let revoke = Views.Act(
            path: "/tokens/revoke", action: row.name, label: "Revoke", question: question, isDanger: true,
            about: row.name, token: token(request))
        return Views.Token(
            name: row.name, role: row.role, made: Views.Moment(row.createdAt),
            expires: row.expiresAt.map(Views.Moment.init), state: state, acts: row.revokedAt == nil ? [revoke] : [])
    }

    private static let (mostTokens, longestName, mostDays) = (500, 64, 3650)
    private static let roles = [
        Views.Fact(name: "viewer", value: "look at everything but tokens and the doctor"),
        Views.Fact(name: "invoker", value: "ask models, here and on the data plane"),
        Views.Fact(name: "deployer", value: "deploy, promote, roll back, steer rollouts"),
        Views.Fact(name: "admin", value: "everything"),
    ]
}
