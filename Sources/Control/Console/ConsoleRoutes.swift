import Client
import Home
import Monitor
import Registry
import Release
package import Tensors
import Trust

/// What only the program around this room can give the console.
package struct ConsoleOffers: Sendable {
    /// Has the doctor look: an array of findings as `slipway doctor --json` prints them.
    package var examine: (@Sendable () async -> JSONValue)?
    /// A whole page, with its style inside, of what an optimisation left with a version; `nil` where it cannot be drawn.
    package var optimisationPage: (@Sendable (JSONValue) -> String?)?

    /// Nothing.
    package init() {}
}

/// The console's pages and forms: one table of addresses, each with its role. A page's own code is in its file.
struct ConsoleRoutes: Sendable {
    let overview: Overview
    let management: ManagementRoutes
    let pages: Pages
    let gate: ControlGate
    let trial: Trial
    var offers = ConsoleOffers()
    var desk = GraphDesk()
    /// `nil` where nothing is remembered over time.
    var trail: ConsoleTrail?
    /// `nil` where pages are not told what is new.
    var pulse: Pulse?
    /// `nil` where there is no doctor.
    var examination: Examination?

    /// Has the authenticator read the tokens again, after some were made or revoked here.
    var tokensChanged: @Sendable () throws -> Void = {}

    /// Where pages hear what is new.
    static let eventsPath = "/console/events"

    var all: [ControlRoute] { ofEndpoints + ofModels + others + ofPeople }

    private var ofEndpoints: [ControlRoute] {
        [
            ControlRoute(.get, "/", role: .viewer) { try await overviewPage($0) },
            ControlRoute(.get, "/endpoints/:endpoint", role: .viewer) { try await endpointPage($0) },
            ControlRoute(.get, "/endpoints/:endpoint/rollout", role: .viewer) { try await rolloutPage($0) },
            ControlRoute(.get, "/endpoints/:endpoint/drift", role: .viewer) { try await driftPage($0) },
            ControlRoute(.get, "/endpoints/:endpoint/history", role: .viewer) { try await endpointHistoryPage($0) },
            ControlRoute(.post, "/endpoints/:endpoint/rollback", role: .deployer, kind: .form) {
                try await act($0, .rollback(to: nil), done: "rolled back")
            },
            ControlRoute(.post, "/endpoints/:endpoint/promote", role: .deployer, kind: .form) {
                try await act($0, .promote, done: "promoted")
            },
            ControlRoute(.post, "/endpoints/:endpoint/rollout", role: .deployer, kind: .form) {
                try await steerRollout($0)
            },
            ControlRoute(.post, "/endpoints/:endpoint/try", role: .invoker, kind: .form) {
                try await endpointPage($0, asking: true)
            },
        ]
    }

    private var ofModels: [ControlRoute] {
        [
            ControlRoute(.get, "/models", role: .viewer) { try await modelsPage($0) },
            ControlRoute(.get, "/models/:model", role: .viewer) { try await modelPage($0) },
            ControlRoute(.get, "/models/:model/:number", role: .viewer) { try await versionPage($0) },
            ControlRoute(.get, "/models/:model/:number/graph", role: .viewer) { try await graphPage($0) },
            ControlRoute(.get, "/models/:model/:number/reports", role: .viewer) { try await reportsPage($0) },
            ControlRoute(.get, "/models/:model/:number/reports/optimisation", role: .viewer) {
                try await optimisationReport($0)
            },
        ]
    }

    private var others: [ControlRoute] {
        [
            ControlRoute(.get, "/history", role: .viewer) { try await historyPage($0) },
            ControlRoute(.get, "/alerts", role: .viewer) { try await alertsPage($0) },
            ControlRoute(.get, "/doctor", role: .admin) { try await doctorPage($0) },
            ControlRoute(.post, "/doctor", role: .admin, kind: .form) { try await doctorPage($0, looking: true) },
            ControlRoute(.get, Self.eventsPath, role: .viewer) { try await events($0) },
            ControlRoute(.get, "/console/style.css", role: .anonymous) { _ in
                .text(Style.sheet, type: "text/css; charset=utf-8")
            },
            ControlRoute(.get, "/console/script.js", role: .anonymous) { _ in
                .text(Script.source, type: "text/javascript; charset=utf-8")
            },
            ControlRoute(.get, "/console/icon.svg", role: .anonymous) { _ in .text(Self.icon, type: "image/svg+xml") },
        ]
    }

    /// Who may be here.
    private var ofPeople: [ControlRoute] {
        [
            ControlRoute(.get, "/tokens", role: .admin) { try await tokensPage($0) },
            ControlRoute(.post, "/tokens", role: .admin, kind: .form) { try await makeToken($0) },
            ControlRoute(.post, "/tokens/revoke", role: .admin, kind: .form) { try await revokeToken($0) },
            ControlRoute(.get, "/sign-in", role: .anonymous) { signInPage($0) },
            ControlRoute(.post, "/sign-in", role: .anonymous, kind: .form) { try await signIn($0) },
            ControlRoute(.post, "/sign-out", role: .anonymous, kind: .form) { signOut($0) },
        ]
    }

    private static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5c8a"/>\
        <g fill="#fff"><path d="M5 20h19l4-5-3 11H9z"/><path d="M14 6v12H7z"/><path d="M16 8v10h6z"/></g></svg>
        """

    // MARK: - What pages share

    func notFound(_ what: String, _ request: ControlRequest) -> ControlReply {
        .page(
            pages.message(
                frame("Not found", request), heading: "There is no such \(what)", text: "It may have been removed."),
            status: 404)
    }

    /// Changes an endpoint and leads back to its page, with a word about how it went.
    private func act(_ request: ControlRequest, _ wish: ReleaseRequest, done: String) async throws -> ControlReply {
        let name = request.parameter("endpoint")
        do {
            let outcome = try await management.carryOut(wish, request)
            let healthy = outcome["outcome"]?.stringValue == "healthy"
            return .redirect(to: "/endpoints/\(name)?\(healthy ? "done" : "failed")=\(done.replacing(" ", with: "+"))")
        } catch {
            return unchanged(name, request, error)
        }
    }

    func unchanged(_ name: String, _ request: ControlRequest, _ error: any Error) -> ControlReply {
        let described = ControlReply.describe(error)
        return .page(
            pages.message(frame(name, request), heading: "Nothing was changed", text: described.message),
            status: described.status)
    }

    func token(_ request: ControlRequest) -> String { gate.antiForgery.token(forSession: request.session) }

    /// The token of forms that take a role; `nil` for whoever may not use them, and is not shown them.
    func token(_ request: ControlRequest, for role: Role) -> String? {
        request.identity.role >= role ? token(request) : nil
    }

    func frame(_ title: String, _ request: ControlRequest) -> Views.Frame {
        var frame = Views.Frame(
            title: title, version: overview.server.version, uptime: ViewBuilder.uptime(overview.server.uptime),
            dataPlane: overview.server.dataPlane)
        frame.isAdministrator = request.identity.role >= .admin
        if gate.asksForTokens, request.identity.role > .anonymous {
            frame.who = request.identity.name
            frame.role = request.identity.role.name
            frame.signOut = request.signedIn == nil ? nil : token(request)
        }
        let endpoint = request.parameter("endpoint")
        func notice(_ name: String) -> String? { request.query[name]?.replacing("+", with: " ") }
        if let done = notice("done"), Self.knownNotices.contains(done) {
            frame.notice = "\(endpoint) was \(done)."
        } else if let failed = notice("failed"), Self.knownNotices.contains(failed) {
            frame.notice = "\(endpoint) could not be \(failed); see its revisions. What ran before runs on."
            frame.noticeIsBad = true
        }
        return frame
    }

    /// A notice is one of ours: an address cannot put words into the page's mouth.
    private static let knownNotices: Set<String> = ["rolled back", "promoted"]
}
