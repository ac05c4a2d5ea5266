package import Release

/// What clients call, and how its requests are divided.
package struct ServingEndpoint: Sendable {
    /// One version and its share.
    package struct Arm: Sendable {
        package var servable: Servable
        /// Basis points; the weights of an endpoint's arms sum to `TrafficSplit.whole`.
        package var weight: Int

        package init(_ servable: Servable, weight: Int) {
            self.servable = servable
            self.weight = weight
        }
    }

    /// The protocol's `model_name`.
    package let name: String
    package let arms: [Arm]
    package let split: TrafficSplit
    /// The header whose value is a client's routing key; without one the token's identity is the key.
    package let routingKeyHeader: String?
    /// Mixed into the hash of a key, so that the same clients are not first everywhere. Usually the endpoint's name.
    package let salt: String
    /// Latencies in seconds that the endpoint promises; each becomes an edge of its histograms.
    package let objectives: [Double]
    /// Versions that are asked what others have answered. They stay in service, whether they answer requests or not.
    package var mirrored: [MirroredVersions] = []

    /// Answers requests that are far outside the reference of their version, and no others.
    package var fallback: Servable?

    /// - Returns: `nil` when the weights are not those of a split.
    package init?(
        name: String, arms: [Arm], routingKeyHeader: String? = nil, salt: String? = nil, objectives: [Double] = []
    ) {
        guard let split = TrafficSplit(weights: arms.map(\.weight)) else { return nil }
        self.name = name
        self.arms = arms
        self.split = split
        self.routingKeyHeader = routingKeyHeader
        self.salt = salt ?? name
        self.objectives = objectives
    }

    /// An endpoint whose only arm gets everything.
    package init(name: String, servable: Servable, objectives: [Double] = []) {
        self.name = name
        self.arms = [Arm(servable, weight: TrafficSplit.whole)]
        self.split = .single
        self.routingKeyHeader = nil
        self.salt = name
        self.objectives = objectives
    }

    /// An endpoint that is known but cannot answer yet: its requests get 503.
    package init(unavailable name: String) {
        self.name = name
        self.arms = []
        self.split = .single
        self.routingKeyHeader = nil
        self.salt = name
        self.objectives = []
    }
}

extension ServingEndpoint {
    /// Everything that must not be retired while this is published.
    var servables: [Servable] { answering + mirrored.flatMap { [$0.base, $0.candidate] } }

    /// Everything that answers requests.
    var answering: [Servable] { arms.map(\.servable) + [fallback].compactMap(\.self) }
}

/// Everything that is served at one moment; immutable, swapped as a whole.
package struct RoutingTable: Sendable {
    package let endpoints: [ServingEndpoint]
    /// Whether what should be loaded is loaded: what `/v2/health/ready` says.
    package let isReady: Bool

    /// - Parameter endpoints: of two with the same name, the later one counts.
    package init(endpoints: [ServingEndpoint], isReady: Bool = true) {
        self.endpoints = endpoints
        self.isReady = isReady
    }

    /// Nothing yet.
    package static let empty = RoutingTable(endpoints: [], isReady: false)
}
