/// The forms in which metrics are told.
package enum MetricsFormat: Hashable, Sendable {
    /// Prometheus's text format 0.0.4.
    case text
    /// OpenMetrics 1.0: the same numbers, with units, and with exemplars where requests were traced.
    case openMetrics

    /// What a reader's `Accept` asks for: OpenMetrics where that is named in version 1.0.0 (or without a version) and
    /// plain text is not wanted more. Source: RFC 9110, section 12.5.1.
    package init(accept: String?) {
        var (open, plain) = (0.0, 0.0)
        for range in (accept ?? "").lowercased().split(separator: ",").prefix(32) {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let type = parts.first else { continue }
            let parameters = parts.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
            func value(_ name: String) -> String? { parameters.first { $0.first == name && $0.count == 2 }?[1] }
            let quality = value("q").map { Double($0) ?? 0 } ?? 1
            switch type {
            case "application/openmetrics-text" where ["1.0.0", nil].contains(value("version")):
                open = max(open, quality)
            case "text/plain": plain = max(plain, quality)
            default: break
            }
        }
        self = open > 0 && open >= plain ? .openMetrics : .text
    }

    /// What `Content-Type` says.
    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
