import Monitor

/// What is counted of one version's cache.
struct CacheMetrics: Sendable {
    /// Answered without a run.
    let hits: Counter
    /// Had to run.
    let misses: Counter
    /// Waited for an equal request that ran.
    let shared: Counter

    init(_ key: ArmKey, _ registry: MetricsRegistry) {
        func counter(_ result: String) -> Counter {
            registry.counter(
                "slipway_cache_requests_total", "Requests that looked into the response cache, by what they found.",
                key.labels + [Label("result", result)])
        }
        hits = counter("hit")
        misses = counter("miss")
        shared = counter("shared")
    }

    /// Shows how many bytes `cache` keeps.
    static func observe(_ cache: ResponseCache, _ key: ArmKey, _ registry: MetricsRegistry) {
        registry.gauge("slipway_cache_bytes", "Bytes of answers that the response cache keeps.", key.labels) {
            [weak cache] in
            Double(cache?.byteCount ?? 0)
        }
    }
}
