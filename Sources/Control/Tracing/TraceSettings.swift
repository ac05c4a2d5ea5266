import Distribution

/// Where traces go, and of how many requests.
package struct TraceSettings: Sendable {
    /// The collector's address for OTLP over HTTP, with or without `/v1/traces`.
    package var collector: String
    /// Of requests whose clients do not say whether they record them; from 0 to 1.
    package var share: Double

    /// - Throws: `DistributionError` for what is no address.
    package init(collector: String, share: Double) throws {
        self.collector = collector
        self.share = share
        _ = try address()
    }

    /// Source: OTLP 1.5, "OTLP/HTTP Request": the default path.
    func address() throws -> WebAddress {
        let plain = try WebAddress(collector)
        return plain.target == "/" ? try WebAddress("\(plain.origin)/v1/traces") : plain
    }
}
