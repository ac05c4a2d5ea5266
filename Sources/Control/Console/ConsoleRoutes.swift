import Client
import Home
import Monitor
import Registry
import Release
import Tensors
import Trust

/// The console's pages and forms.
struct ConsoleRoutes: Sendable {
    let overview: Overview
    let management: ManagementRoutes
    let pages: Pages
    let gate: ControlGate
    let trial: Trial

    var all: [ControlRoute] {
        [
            ControlRoute(.get, "/", role: .viewer) { try await endpointsPage($0) },
            ControlRoute(.get, "/endpoints/:endpoint", role: .viewer) { try await endpointPage($0) },
            ControlRoute(.get, "/models", role: .viewer) { try await modelsPage($0) },
            ControlRoute(.get, "/models/:model", role: .viewer) { try await modelPage($0) },
            ControlRoute(.get, "/models/:model/:number", role: .viewer) { try await versionPage($0) },
            ControlRoute(.post, "/endpoints/:endpoint/rollback", role: .deployer, kind: .form) {
                try await act($0, .rollback(to: nil), done: "rolled back")
            },
            ControlRoute(.post, "/endpoints/:endpoint/promote", role: .deployer, kind: .form) {
                try await act($0, .promote, done: "promoted")
            },
            ControlRoute(.post, "/endpoints/:endpoint/try", role: .invoker, kind: .form) {
                try await endpointPage($0, asking: true)
            },
            ControlRoute(.get, "/console/style.css", role: .anonymous) { _ in
                .text(Style.sheet, type: "text/css; charset=utf-8")
            },
            ControlRoute(.get, "/console/script.js", role: .anonymous) { _ in
                .text(Script.source, type: "text/javascript; charset=utf-8")
            },
            ControlRoute(.get, "/console/icon.svg", role: .anonymous) { _ in .text(Self.icon, type: "image/svg+xml") },
        ]
    }

    private static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5c8a"/>\
        <g fill="#fff"><path d="M5 20h19l4-5-3 11H9z"/><path d="M14 6v12H7z"/><path d="M16 8v10h6z"/></g></svg>
        """

    // MARK: - Pages

    private func endpointsPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("Endpoints", request)
        frame.onOverview = true
        let endpoints = try await overview.endpoints().map { ViewBuilder.endpoint($0, token: token(request)) }
        return .page(pages.overview(frame, endpoints: endpoints))
    }

    private func endpointPage(_ request: ControlRequest, asking: Bool = false) async throws -> ControlReply {
        guard let name = try? EndpointName(request.parameter("endpoint")),
            let endpoint = try await overview.endpoint(name)
        else { return notFound("endpoint", request) }
        let form = FormBody(request.body)
        let inputs = try trial.inputs(of: endpoint, given: asking ? form : nil)
        let answer = asking ? await trial.ask(endpoint, inputs, bearer: request.bearer) : .none
        return .page(
            pages.endpoint(
                frame(name.text, request), endpoint: ViewBuilder.endpoint(endpoint, token: token(request)),
                chart: endpoint.traffic.map { LatencyChart.svg($0.latency) } ?? "", inputs: inputs.map(\.view),
                curl: trial.curl(endpoint, inputs), answer: answer,
                revisions: ViewBuilder.revisions(endpoint.history)))
    }

    private func modelsPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("Models", request)
        frame.onModels = true
        let registry = overview.deployments.registry
        guard let query = try? PageQuery(request, standard: Self.modelsPerPage), let after = try? query.model() ?? ""
        else { return notFound("page", request) }
        let page = try registry.models(after: after, limit: query.limit)
        let models = try page.items.map { row in
            try ViewBuilder.model(try ModelName(row.name), in: registry, limit: Self.versionsPerModel)
        }
        return .page(pages.models(frame, models: models, next: page.next.map { "/models?after=\($0)" }))
    }

    /// What is on one page: the newest versions of each model, or one model's.
    private static let (modelsPerPage, versionsPerModel, versionsPerPage) = (50, 20, 100)

    /// One model's versions, a page at a time.
    private func modelPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame(request.parameter("model"), request)
        frame.onModels = true
        let registry = overview.deployments.registry
        guard let name = try? ModelName(request.parameter("model")),
            let query = try? PageQuery(request, standard: Self.versionsPerPage),
            let after = try? query.number() ?? .max,
            let model = try? ViewBuilder.model(name, in: registry, before: after, limit: query.limit)
        else { return notFound("model", request) }
        return .page(pages.models(frame, models: [model], next: nil))
    }

    private func versionPage(_ request: ControlRequest) async throws -> ControlReply {
        let registry = overview.deployments.registry
        guard
            let record = try? registry.resolve(
                Reference("\(request.parameter("model")):\(request.parameter("number"))"))
        else { return notFound("version", request) }
        let (detail, confusion) = try ViewBuilder.version(record, in: registry)
        var frame = frame(record.reference.description, request)
        frame.onModels = true
        return .page(pages.version(frame, version: detail, confusion: confusion))
    }

    private func notFound(_ what: String, _ request: ControlRequest) -> ControlReply {
        .page(
            pages.message(
                frame("Not found", request), heading: "There is no such \(what)", text: "It may have been removed."),
            status: 404)
    }

    // MARK: - Forms

    /// Changes an endpoint and leads back to its page, with a word about how it went.
    private func act(_ request: ControlRequest, _ wish: ReleaseRequest, done: String) async throws -> ControlReply {
        let name = request.parameter("endpoint")
        do {
            let outcome = try await management.carryOut(wish, request)
            let healthy = outcome["outcome"]?.stringValue == "healthy"
            return .redirect(to: "/endpoints/\(name)?\(healthy ? "done" : "failed")=\(done.replacing(" ", with: "+"))")
        } catch {
            return .page(
                pages.message(
                    frame(name, request), heading: "Nothing was changed", text: ControlReply.describe(error).message),
                status: ControlReply.describe(error).status)
        }
    }

    private func token(_ request: ControlRequest) -> String { gate.antiForgery.token(forSession: request.session) }

    private func frame(_ title: String, _ request: ControlRequest) -> Views.Frame {
        var frame = Views.Frame(
            title: title, version: overview.server.version, uptime: ViewBuilder.uptime(overview.server.uptime),
            dataPlane: overview.server.dataPlane)
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
