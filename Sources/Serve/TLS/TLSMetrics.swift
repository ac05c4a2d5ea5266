import Monitor

/// What is counted of TLS.
struct TLSMetrics: Sendable {
    /// When the certificate in force ends, in seconds since 1970.
    let expiry: Gauge
    /// Changes of the files that were taken, and that were not.
    let replaced: Counter
    let refused: Counter
    private let handshakes: [HandshakeOutcome: Counter]

    init(_ registry: MetricsRegistry) {
        expiry = registry.gauge(
            "slipway_tls_certificate_expiry_timestamp_seconds", "When the certificate in force ends, as Unix time.")
        let reloads = ("slipway_tls_reloads_total", "Changes of the certificate's files, by what became of them.")
        replaced = registry.counter(reloads.0, reloads.1, [Label("outcome", "replaced")])
        refused = registry.counter(reloads.0, reloads.1, [Label("outcome", "refused")])
        var handshakes: [HandshakeOutcome: Counter] = [:]
        for outcome in HandshakeOutcome.allCases {
            handshakes[outcome] = registry.counter(
                "slipway_tls_handshakes_total", "Handshakes of new connections, by how they ended.",
                [Label("outcome", outcome.rawValue)])
        }
        self.handshakes = handshakes
    }

    func count(_ outcome: HandshakeOutcome) { handshakes[outcome]?.add() }
}

/// How a handshake ended.
enum HandshakeOutcome: String, CaseIterable {
    case completed
    /// The client left, spoke something else, or the two sides did not agree.
    case failed
    case tooSlow = "too_slow"
    /// Newer ones needed its place.
    case crowdedOut = "crowded_out"
}
