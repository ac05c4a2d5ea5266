import Client
import Release
import Tensors

/// What Prometheus knows of an endpoint's versions at one moment: the raw counters of every replica that it scrapes.
struct PrometheusTotals: Hashable, Sendable {
    /// One series, by its labels.
    struct Series: Hashable, Sendable {
        /// Two models of one endpoint may have versions of the same number.
        let version: VersionReference
        /// A status code, or the edge of a bucket in seconds.
        let kind: Kind
        /// Every label that says whose counter it is and not what it counts.
        let replica: String
    }

    enum Kind: Hashable, Sendable {
        case code(String)
        case bucket(Double)
    }

    private(set) var values: [Series: Double] = [:]
    /// When the replica that was scraped longest ago was: milliseconds since 1970-01-01 UTC.
    var scrapedAt = 0

    /// Series that are looked at: two versions, some replicas.
    static let mostSeries = 20_000
    /// Labels that say what is counted; the others come from Prometheus, and say where.
    private static let ownLabels: Set<String> = ["__name__", "endpoint", "model", "version", "code", "stage", "le"]
    /// What a counter may have reached: so many series of it are still a whole number.
    private static let largest = 1e14

    /// Takes the result of an instant query: `data.result` of Prometheus's answer.
    ///
    /// - Throws: `ClientError.Code.malformedReply` for another shape.
    init(result: [JSONValue]) throws(ClientError) {
        guard result.count <= Self.mostSeries else {
            throw ClientError(
                .malformedReply, "Prometheus knows \(result.count) series, expected at most \(Self.mostSeries)")
        }
        for item in result {
            guard let labels = item["metric"]?.objectValue, let version = Self.version(item),
                let text = item["value"]?.arrayValue?.last?.stringValue, let value = Double(text),
                (0...Self.largest).contains(value)
            else {
                throw ClientError(.malformedReply, "a series of Prometheus lacks its model, its version or its value")
            }
            guard let kind = Self.kind(item) else { continue }
            let replica = labels.filter { !Self.ownLabels.contains($0.key) }
                .map { "\($0.key)=\($0.value.stringValue ?? "")" }.sorted().joined(separator: ",")
            values[Series(version: version, kind: kind, replica: replica), default: 0] += value
        }
    }

    private static func version(_ item: JSONValue) -> VersionReference? {
        guard let model = item["metric"]?["model"]?.stringValue,
            let number = item["metric"]?["version"]?.stringValue.flatMap(Int.init)
        else { return nil }
        return try? VersionReference(model: model, number: number)
    }

    private static func kind(_ item: JSONValue) -> Kind? {
        if let code = item["metric"]?["code"]?.stringValue { return .code(code) }
        if let edge = item["metric"]?["le"]?.stringValue.flatMap(Double.init), !edge.isNaN {
            return .bucket(edge)
        }
        return nil
    }

    /// What happened since `earlier`; `nil` when a counter went back: a replica began anew, and nobody knows what it had
    /// counted. A replica of which nothing was known tells nothing yet: what it has counted may be of any time.
    func since(_ earlier: PrometheusTotals) -> PrometheusTotals? {
        var difference = self
        difference.values = [:]
        let known = Set(earlier.values.keys.map(\.replica))
        for (series, value) in values where known.contains(series.replica) {
            // A code or a version that a known replica has not answered with before begins at nothing.
            let before = earlier.values[series] ?? 0
            guard value >= before else { return nil }
            difference.values[series] = value - before
        }
        return difference
    }

    /// What to count on from: these, and the last that was known of series that are not among them. A replica that misses
    /// a scrape counts on from there when it is back; of one that began anew, nothing from before is left.
    func following(_ earlier: PrometheusTotals?) -> PrometheusTotals {
        guard let earlier, earlier.values.count <= Self.mostSeries else { return self }
        let anew = Set(values.lazy.filter { $0.value < earlier.values[$0.key] ?? 0 }.map(\.key.replica))
        var totals = self
        totals.values.merge(earlier.values.filter { !anew.contains($0.key.replica) }) { present, _ in present }
        return totals
    }

    /// A version's requests, errors and slow ones.
    ///
    /// - Parameter limits: seconds, each the edge of a bucket, as `limit` gives them; or none.
    func tally(_ version: VersionReference, limits: [Double]) -> ArmCounts {
        var counts = ArmCounts(slow: Array(repeating: 0, count: limits.count))
        var (all, within) = (0.0, Array(repeating: 0.0, count: limits.count))
        for (series, value) in values where series.version == version {
            switch series.kind {
            case .code(let code):
                counts.requests += Int(value)
                if code != "200" { counts.errors += Int(value) }
            case .bucket(let edge):
                if edge == .infinity { all += value }
                for (index, limit) in limits.enumerated() where edge == limit { within[index] += value }
            }
        }
        counts.slow = within.map { Int(max(0, all - $0)) }
        return counts
    }

    struct ArmCounts: Hashable, Sendable {
        var requests = 0
        var errors = 0
        var slow: [Int] = []
    }

    /// A quantile of a version's latency, as the lowest edge that so many requests are within; `nil` without requests.
    func quantile(_ share: Double, _ version: VersionReference) -> Double? {
        let buckets = buckets(version)
        guard let all = buckets.last?.count, all > 0 else { return nil }
        return buckets.first { $0.count >= share * all }?.edge
    }

    /// The lowest edge that is at least so many seconds; `nil` beyond the last one.
    func edge(from seconds: Double, _ version: VersionReference) -> Double? {
        buckets(version).first { $0.edge >= seconds && $0.edge.isFinite }?.edge
    }

    private func buckets(_ version: VersionReference) -> [(edge: Double, count: Double)] {
        var sums: [Double: Double] = [:]
        for (series, value) in values where series.version == version {
            if case .bucket(let edge) = series.kind { sums[edge, default: 0] += value }
        }
        return sums.sorted { $0.key < $1.key }.map { (edge: $0.key, count: $0.value) }
    }
}
