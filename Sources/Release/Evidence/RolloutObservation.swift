/// What an arm did between two looks.
package struct ArmTally: Hashable, Sendable {
    package var requests: Int
    /// By the order of `EvidenceStream.rates`.
    package var failures: [Int]

    package init(requests: Int = 0, failures: [Int] = []) {
        self.requests = requests
        self.failures = Array(
            (failures + Array(repeating: 0, count: EvidenceStream.rates.count))
                .prefix(EvidenceStream.rates.count))
    }

    /// Counted for a stream; 0 for one that counts no requests.
    package subscript(_ stream: EvidenceStream) -> Int { stream.index.map { failures[$0] } ?? 0 }

    package static func += (left: inout ArmTally, right: ArmTally) {
        left.requests += right.requests
        for index in left.failures.indices { left.failures[index] += right.failures[index] }
    }
}

/// A failure whose client is known.
package struct ClientFailure: Hashable, Sendable {
    package var stream: EvidenceStream
    /// A hash of the routing key; 0 for a request without one.
    package var client: UInt64
    package var onCanary: Bool

    package init(stream: EvidenceStream, client: UInt64, onCanary: Bool) {
        self.stream = stream
        self.client = client
        self.onCanary = onCanary
    }
}

/// What happened on both arms between two looks.
package struct RolloutObservation: Hashable, Sendable {
    /// Milliseconds since 1970-01-01 UTC, at its end.
    package var time: Int
    /// The share that the canary had, in basis points.
    package var share: Int
    package var stable: ArmTally
    package var canary: ArmTally
    /// Failures one by one, where requests are divided by key.
    package var clients: [ClientFailure] = []
    /// Inputs that both answered, and those on which the answers differ.
    package var compared = 0
    package var differing = 0
    /// The canary's loss less the stable arm's, on the same inputs; each from -1 to 1.
    package var losses: [Double] = []
    /// Labels that came for answers, whether or not both versions answered.
    package var labels = LabelTally()

    package init(time: Int, share: Int, stable: ArmTally, canary: ArmTally) {
        self.time = time
        self.share = share
        self.stable = stable
        self.canary = canary
    }
}

extension RolloutObservation {
    /// Takes what was found out by asking both versions the same.
    package mutating func add(_ tally: PairTally) {
        compared += tally.compared
        differing += tally.differing
        losses += tally.losses
        labels += tally.labels
    }

    /// Whether anything has happened.
    package var isEmpty: Bool {
        stable.requests + canary.requests + compared == 0 && losses.isEmpty && labels == LabelTally()
    }
}

/// What was known of the stable arm before a rollout, fixed for its length.
package struct RolloutBaseline: Hashable, Sendable {
    package var requests: Int
    package var errors: Int
    package var requestsPerSecond: Double
    /// Seconds beyond which a request counts as slow: beside the stable arm's p50, p90 and p99. Empty when there was too
    /// little traffic to tell, or latency is not watched.
    package var slow: [Double]
    /// Whether requests are divided by key, so that a client stays on its arm.
    package var isKeyed: Bool

    package init(
        requests: Int = 0, errors: Int = 0, requestsPerSecond: Double = 0, slow: [Double] = [], isKeyed: Bool = false
    ) {
        self.requests = requests
        self.errors = errors
        self.requestsPerSecond = requestsPerSecond
        self.slow = slow
        self.isKeyed = isKeyed
    }

    /// `nil` before any request.
    package var errorRatio: Double? { requests > 0 ? Double(errors) / Double(requests) : nil }
}
