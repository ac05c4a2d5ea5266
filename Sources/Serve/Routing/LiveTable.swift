import Release
import Trust

/// A routing table as the event loops use it: names indexed, metrics resolved, unchanging replies written.
final class LiveTable: Sendable {
    let isReady: Bool
    let endpoints: [String: LiveEndpoint]
    /// The reply to `GET /v2/models`.
    let modelList: [UInt8]

    init(_ table: RoutingTable, metrics: ServeMetrics) {
        isReady = table.isReady
        var endpoints: [String: LiveEndpoint] = [:]
        for endpoint in table.endpoints { endpoints[endpoint.name] = LiveEndpoint(endpoint, metrics) }
        self.endpoints = endpoints
        modelList = Metadata.modelList(endpoints.keys.sorted())
    }

    /// - Throws: `RequestFault.Code.unknownModel`.
    func endpoint(_ name: String) throws(RequestFault) -> LiveEndpoint {
        guard let endpoint = endpoints[name] else {
            throw RequestFault(
                .unknownModel,
                // Begins as Triton's: its clients' own examples look for these words.
                "Request for unknown model: '\(name.shortened)' is not deployed; GET /v2/models lists those that are")
        }
        return endpoint
    }

    /// In the order of the endpoints' names.
    var allArms: [LiveArm] { endpoints.values.sorted { $0.name < $1.name }.flatMap(\.arms) }

    var servables: [Servable] { endpoints.values.flatMap { $0.arms.map(\.servable) } }
}

/// One endpoint of a live table.
final class LiveEndpoint: Sendable {
    let name: String
    let arms: [LiveArm]
    /// Every version that answers or is asked the same beside one that does.
    let asked: [Servable]
    /// Answers requests that are far outside the reference of their version.
    let fallback: LiveArm?
    private let split: TrafficSplit
    private let routingKeyHeader: String?
    private let salt: String
    /// Counts the labels that come for it.
    let feedback: FeedbackMetrics

    init(_ endpoint: ServingEndpoint, _ metrics: ServeMetrics) {
        name = endpoint.name
        let versions = endpoint.arms.map(\.servable.version)
        arms = endpoint.arms.map { arm in
            Self.arm(
                arm.servable, endpoint, versions, metrics,
                mirroring: Self.mirroring(of: arm.servable, endpoint, metrics))
        }
        fallback = endpoint.fallback.map { Self.arm($0, endpoint, [$0.version], metrics) }
        asked = endpoint.mirrored.flatMap { [$0.base, $0.candidate] }.reduce(into: endpoint.arms.map(\.servable)) {
            all, other in
            if !all.contains(where: { $0 === other }) { all.append(other) }
        }
        split = endpoint.split
        routingKeyHeader = endpoint.routingKeyHeader
        salt = endpoint.salt
        feedback = metrics.feedback(endpoint: endpoint.name)
    }

    private static func arm(
        _ servable: Servable, _ endpoint: ServingEndpoint, _ versions: [String], _ metrics: ServeMetrics,
        mirroring: ArmMirroring? = nil
    ) -> LiveArm {
        let handles = metrics.arm(
            endpoint: endpoint.name, model: servable.model, version: servable.version, objectives: endpoint.objectives)
        handles.observe(servable)
        return LiveArm(
            endpoint: endpoint.name, servable: servable, versions: versions, metrics: handles,
            steps: StepArm.all(of: servable, endpoint: endpoint.name, metrics, handles),
            whole: servable.sequences.map {
                LiveArm(endpoint: endpoint.name, servable: $0.inner, versions: versions, metrics: handles)
            }, mirroring: mirroring)
    }

    private static func mirroring(
        of servable: Servable, _ endpoint: ServingEndpoint, _ metrics: ServeMetrics
    ) -> ArmMirroring? {
        ArmMirroring(
            endpoint.mirrored.compactMap { versions in
                guard servable === versions.base || servable === versions.candidate else { return nil }
                let other = servable === versions.base ? versions.candidate : versions.base
                let handles = metrics.arm(endpoint: endpoint.name, model: other.model, version: other.version)
                let target = LiveArm(
                    endpoint: endpoint.name, servable: other, versions: [other.version], metrics: handles)
                return MirrorWay(versions, from: servable, target: target)
            })
    }

    /// The arm that metadata without a version describes: that with the largest share.
    ///
    /// - Throws: `RequestFault.Code.modelNotReady` when there is none.
    func mainArm() throws(RequestFault) -> LiveArm {
        guard let index = split.weights.indices.max(by: { split.weights[$0] < split.weights[$1] }),
            arms.indices.contains(index)
        else { throw notReady }
        return arms[index]
    }

    /// The arm with a version number.
    ///
    /// - Throws: `RequestFault.Code.unknownVersion`.
    func arm(version: String) throws(RequestFault) -> LiveArm {
        guard let arm = arms.first(where: { $0.servable.version == version }) else {
            let loaded = arms.map(\.servable.version).joined(separator: ", ")
            throw RequestFault(
                .unknownVersion,
                "model '\(name)' has no version '\(version.prefix(64))' loaded; loaded: \(loaded.isEmpty ? "none" : loaded)"
            )
        }
        return arm
    }

    /// The arm that a request for metadata names, else the main one.
    func arm(_ match: RouteMatch) throws(RequestFault) -> LiveArm {
        if let version = match.version { return try arm(version: version) }
        if let label = match.label { return try arm(label: label) }
        return try mainArm()
    }

    /// The arm with a part in the traffic: `stable` has the larger share, `canary` the smaller.
    ///
    /// - Throws: `RequestFault.Code.unknownVersion`.
    func arm(label: String) throws(RequestFault) -> LiveArm {
        let main = try mainArm()
        if label == "stable" { return main }
        if label == "canary", let other = arms.first(where: { $0 !== main }) { return other }
        let known = arms.count > 1 ? "'stable' and 'canary'" : "'stable'"
        throw RequestFault(
            .unknownVersion, "model '\(name)' has no version labelled '\(label.shortened)'; its labels are \(known)")
    }

    /// A request's arm, and why it is this one.
    struct Choice {
        let arm: LiveArm
        /// Whether the split chose it.
        var isDivided = false
        /// The place of the routing key, from 1; 0 where chance decided.
        var client: UInt64 = 0
    }

    /// The arm of a request without a version: that of its routing key, or a random one.
    ///
    /// - Throws: `RequestFault.Code.modelNotReady` when there is none.
    func pick(_ head: RequestHead, _ identity: Identity, random: @autoclosure () -> UInt64) throws(RequestFault)
        -> Choice
    {
        try pick(identity, random: random()) { head.first(name: $0) }
    }

    /// The same for a request whose headers are found by `header`.
    func pick(
        _ identity: Identity, random: @autoclosure () -> UInt64, header: (String) -> String?
    ) throws(RequestFault) -> Choice {
        guard let first = arms.first else { throw notReady }
        if arms.count == 1 { return Choice(arm: first, isDivided: true) }
        let place = (routingKeyHeader.flatMap(header) ?? identity.routingKey).map {
            RoutingKey.point(for: $0, salt: salt)
        }
        let index = split.arm(at: place ?? Int(random() % UInt64(TrafficSplit.whole)))
        return Choice(
            arm: arms.indices.contains(index) ? arms[index] : first, isDivided: true,
            client: place.map { UInt64($0) + 1 } ?? 0)
    }

    private var notReady: RequestFault {
        RequestFault(.modelNotReady, "model '\(name)' is deployed but not loaded yet")
    }
}

extension Identity {
    /// Who authenticated is routed by name; those whom nobody asked are not told apart.
    fileprivate var routingKey: String? { self == .anonymous || self == .local ? nil : name }

    /// Whose sequences are reached; empty for those whom nobody asked.
    var owner: String { routingKey ?? "" }

    /// Whose turn a request takes; `nil` where nobody said who they are, and each connection is a client of its own.
    var client: UInt64? { routingKey.map { UInt64(truncatingIfNeeded: $0.hashValue) } }
}
