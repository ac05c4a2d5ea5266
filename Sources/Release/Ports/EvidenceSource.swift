package import Monitor

/// Where the numbers come from by which an arm is judged.
package protocol EvidenceSource: Sendable {
    /// What an arm has done since a moment.
    ///
    /// - Parameters:
    ///   - digest: which arm, by its version's manifest digest.
    ///   - time: milliseconds since 1970-01-01 UTC.
    /// - Returns: `nil` when the source knows nothing of such an arm.
    /// - Throws: `ReleaseError.Code.failed` when the source cannot be asked.
    func evidence(
        for digest: String, of endpoint: EndpointName, since time: Int
    ) async throws(ReleaseError) -> ArmEvidence?
}

/// What an arm has done over some time.
package struct ArmEvidence: Hashable, Sendable {
    package var requests: Int
    /// Requests that failed through the fault of the arm; bad requests are not among them.
    package var errors: Int
    package var latency: HistogramSnapshot

    package init(requests: Int, errors: Int, latency: HistogramSnapshot) {
        self.requests = requests
        self.errors = errors
        self.latency = latency
    }

    /// What happened since `earlier`; `nil` when the counters were replaced in between.
    package func since(_ earlier: ArmEvidence) -> ArmEvidence? {
        guard requests >= earlier.requests, errors >= earlier.errors,
            let latency = latency.subtracting(earlier.latency)
        else { return nil }
        return ArmEvidence(
            requests: requests - earlier.requests, errors: errors - earlier.errors, latency: latency)
    }
}
