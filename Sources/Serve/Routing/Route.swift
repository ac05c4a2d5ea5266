package import Trust

/// One thing the data plane can be asked, with the role that asking takes. A route without a role does not compile.
package struct Route: Sendable {
    /// What a route answers with.
    package enum Action: Hashable, Sendable {
        case index, serverMetadata, live, ready, metrics
        case modelList, modelMetadata, modelReady, infer
    }

    /// What anonymous access depends on, where it is a matter of configuration.
    package enum Exposure: Hashable, Sendable { case always, health, metrics }

    package enum Method: String, Hashable, Sendable { case get = "GET", post = "POST" }

    enum Segment: Hashable, Sendable {
        case literal(String)
        case model, version
    }

    package let method: Method
    /// Such as `/v2/models/{model}/infer`.
    package let pattern: String
    package let role: Role
    package let action: Action
    /// `.health` and `.metrics` ask for a viewer when anonymous access to them is switched off.
    package let exposure: Exposure
    let segments: [Segment]

    init(_ method: Method, _ pattern: String, _ role: Role, _ action: Action, exposure: Exposure = .always) {
        self.method = method
        self.pattern = pattern
        self.role = role
        self.action = action
        self.exposure = exposure
        segments = pattern.split(separator: "/").map { part in
            switch part {
            case "{model}": .model
            case "{version}": .version
            default: .literal(String(part))
            }
        }
    }

    /// The value of an `Allow` header.
    var allow: String { method == .get ? "GET, HEAD" : "POST" }

    /// Everything there is. Source: Open Inference Protocol, REST; `/v2/models` is KServe's.
    package static let table: [Route] =
        [
            Route(.get, "/", .anonymous, .index, exposure: .health),
            Route(.get, "/metrics", .anonymous, .metrics, exposure: .metrics),
            Route(.get, "/v2", .viewer, .serverMetadata),
            Route(.get, "/v2/health/live", .anonymous, .live, exposure: .health),
            Route(.get, "/v2/health/ready", .anonymous, .ready, exposure: .health),
            Route(.get, "/v2/models", .viewer, .modelList),
        ]
        + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { model in
            [
                Route(.get, model, .viewer, .modelMetadata),
                Route(.get, model + "/ready", .anonymous, .modelReady, exposure: .health),
                Route(.post, model + "/infer", .invoker, .infer),
            ]
        }
}

/// A route and what its pattern's places are filled with.
struct RouteMatch {
    var route: Route
    var model: String?
    var version: String?
}

extension Route {
    /// The route of a method and a target.
    ///
    /// - Throws: `RequestFault`: `.invalidTarget`, `.notFound`, or `.methodNotAllowed` with the methods allowed.
    static func match(method: String, target: String) throws(RequestFault) -> RouteMatch {
        let segments = try RequestTarget.segments(target)
        var allowed: String?
        for route in table {
            guard var match = route.match(segments) else { continue }
            if method == route.method.rawValue || (method == "HEAD" && route.method == .get) {
                if match.model == "" || match.version == "" { break }
                match.route = route
                return match
            }
            allowed = route.allow
        }
        if let allowed {
            throw RequestFault(.methodNotAllowed, "this path answers \(allowed) only", allow: allowed)
        }
        throw RequestFault(.notFound, "there is nothing at this path; GET / lists what there is")
    }

    private func match(_ found: [String]) -> RouteMatch? {
        guard found.count == segments.count else { return nil }
        var match = RouteMatch(route: self)
        for (segment, text) in zip(segments, found) {
            switch segment {
            case .literal(let literal): guard literal == text else { return nil }
            case .model: match.model = text
            case .version: match.version = text
            }
        }
        return match
    }
}
