package import Trust

/// One thing the data plane can be asked, with the role that asking takes. A route without a role and a summary does
/// not compile.
package struct Route: Sendable {
    /// What a route answers with.
    package enum Action: Hashable, Sendable {
        case index, openAPI, serverMetadata, live, ready, metrics
        case modelList, modelMetadata, modelReady, infer, feedback
        case modelStatus, modelSignature, predict, classify, regress
        case ping, executionParameters, invocations
        case multiModelLoad, multiModelList, multiModelShow, multiModelUnload
        case modelConfiguration, modelStatistics, allStatistics
        case repositoryIndex, repositoryLoad, repositoryUnload, logging, loggingChange
        case sharedStatus, sharedRegister, sharedUnregister, cudaStatus, cudaRegister, cudaUnregister
    }

    /// What anonymous access depends on, where it is a matter of configuration.
    package enum Exposure: Hashable, Sendable { case always, health, metrics }

    package enum Method: String, Hashable, Sendable { case get = "GET", post = "POST", delete = "DELETE" }

    /// What a place of a pattern is filled with.
    enum Place: String, Hashable, Sendable, CaseIterable {
        case model, version, label
        /// Names that a platform gave, and that say nothing here.
        case endpoint, deployment
        /// A region of shared memory.
        case region
    }

    enum Segment: Hashable, Sendable {
        case literal(String)
        /// Such as `{model}` or `{model}:predict`.
        case place(Place, suffix: String)
    }

    package let method: Method
    /// Such as `/v2/models/{model}/infer`.
    package let pattern: String
    package let role: Role
    package let action: Action
    /// What it does, in a few words that begin with a verb.
    package let summary: String
    /// `.health` and `.metrics` ask for a viewer when anonymous access to them is switched off.
    package let exposure: Exposure
    let segments: [Segment]

    init(
        _ method: Method, _ pattern: String, _ role: Role, _ action: Action, _ summary: String,
        exposure: Exposure = .always
    ) {
        self.method = method
        self.pattern = pattern
        self.role = role
        self.action = action
        self.summary = summary
        self.exposure = exposure
        segments = pattern.split(separator: "/").map { Segment(String($0)) }
    }

    /// The value of an `Allow` header.
    var allow: String { method == .get ? "GET, HEAD" : method.rawValue }
}

extension Route.Action {
    /// Whether a model is run.
    var isInference: Bool {
        switch self {
        case .infer, .predict, .classify, .regress, .invocations: true
        default: false
        }
    }
}

extension Route.Action {
    /// Whether it may be answered by others than the event loop, once its body is there.
    var mayTakeLong: Bool {
        switch self {
        case .repositoryIndex, .repositoryLoad, .repositoryUnload, .multiModelLoad, .multiModelUnload: true
        default: false
        }
    }
}

extension Route.Segment {
    /// A part of a pattern.
    init(_ part: String) {
        for place in Route.Place.allCases where part.hasPrefix("{\(place.rawValue)}") {
            self = .place(place, suffix: String(part.dropFirst(place.rawValue.count + 2)))
            return
        }
        self = .literal(part)
    }
}

/// A route and what its pattern's places are filled with.
struct RouteMatch {
    var route: Route
    var model: String?
    var version: String?
    /// Which version is meant, by its part in the traffic.
    var label: String?
    /// A region of shared memory.
    var region: String?
    /// Where a list goes on.
    var pageToken: String?
}

extension Route {
    /// The table by number of segments.
    private static let bySegments = Dictionary(grouping: table, by: \.segments.count)

    /// The route of a method and a target.
    ///
    /// - Throws: `RequestFault`: `.invalidTarget`, `.notFound`, or `.methodNotAllowed` with the methods allowed.
    static func match(method: String, target: String) throws(RequestFault) -> RouteMatch {
        let segments = try RequestTarget.segments(target)
        var allowed: String?
        for route in bySegments[segments.count] ?? [] {
            guard var match = route.match(segments) else { continue }
            if route.action == .multiModelList { match.pageToken = try RequestTarget.value("next_page_token", target) }
            if method == route.method.rawValue || (method == "HEAD" && route.method == .get) {
                if match.model == "" || match.version == "" || match.label == "" || match.region == "" { break }
                return match
            }
            allowed = allowed.map { "\($0), \(route.allow)" } ?? route.allow
        }
        if let allowed {
            throw RequestFault(.methodNotAllowed, "this path answers \(allowed) only", allow: allowed)
        }
        throw RequestFault(.notFound, "there is nothing at this path; GET / lists what there is")
    }

    private func match(_ found: [String]) -> RouteMatch? {
        var match = RouteMatch(route: self)
        for (segment, text) in zip(segments, found) {
            switch segment {
            case .literal(let literal): guard literal == text else { return nil }
            case .place(let place, let suffix):
                guard let name = Self.name(text, suffix) else { return nil }
                switch place {
                case .model: match.model = name
                case .version: match.version = name
                case .label: match.label = name
                case .region: match.region = name
                case .endpoint, .deployment: break
                }
            }
        }
        return match
    }

    /// What a place is filled with: names hold no colon, which begins a suffix.
    private static func name(_ text: String, _ suffix: String) -> String? {
        guard text.utf8.count >= suffix.utf8.count, text.hasSuffix(suffix) else { return nil }
        let name = suffix.isEmpty ? text : String(text.dropLast(suffix.count))
        return name.utf8.contains(UInt8(ascii: ":")) ? nil : name
    }
}
