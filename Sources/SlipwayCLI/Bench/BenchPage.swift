import Client
import Engines
import Home

/// A bench as one page: figures, how latencies are spread, latency against rate, settings, machine, date.
enum BenchPage {
    static func html(_ result: BenchResult) -> String {
        let report = result.main.report
        var sections = [
            (heading: "How latencies are spread", body: SpreadPicture(report: report).svg() + note(result.main))
        ]
        if !result.sweep.isEmpty {
            sections.append(
                (
                    heading: "Latency against rate",
                    body: RatePicture(loads: result.sweep).svg() + sweepTable(result.sweep)
                        + "<p>Requests are due at fixed times; latency counts from the moment a request was due, so "
                        + "that a server that stalls is charged for all that waited.</p>\n"
                ))
        }
        sections.append((heading: "Balance and efficiency", body: balance(result)))
        sections.append((heading: "Settings and machine", body: settings(result)))
        return ReportPage(
            title: "\(result.endpoint): \(Quantity.count(Int(report.rate.rounded()))) answers a second",
            facts: facts(result.main), sections: sections, maker: "slipway bench \(result.endpoint)"
        ).html()
    }

    private static func facts(_ load: BenchResult.Load) -> [(name: String, value: String)] {
        var facts = [("answers", Quantity.count(load.report.ok)), ("failed", Quantity.count(load.report.failed))]
        if let latency = load.report.latency {
            facts += [
                ("p50", Quantity.seconds(latency.p50)), ("p90", Quantity.seconds(latency.p90)),
                ("p99", Quantity.seconds(latency.p99)), ("p99.9", Quantity.seconds(latency.p999)),
                ("longest", Quantity.seconds(latency.maximum)),
            ]
        }
        if let each = load.cost?.perRequest { facts.append(("server's processor a request", Quantity.seconds(each))) }
        return facts.map { (name: $0.0, value: $0.1) }
    }

    private static func note(_ load: BenchResult.Load) -> String {
        let pace = load.rate.map { "\(Quantity.fixed($0, 0)) requests a second were due" }
        return "<p>\(pace ?? "As fast as the answers came"). Quantiles are exact to 4 %.</p>\n"
    }

    private static func sweepTable(_ loads: [BenchResult.Load]) -> String {
        ReportPage.table(
            [">Offered", ">Answered", ">p50", ">p90", ">p99", ">Longest", ">Failed or not sent"],
            loads.map { load in
                let latency = load.report.latency
                func time(_ value: Double?) -> String { value.map(Quantity.seconds) ?? "–" }
                return [
                    load.rate.map { Quantity.fixed($0, 0) } ?? "–", Quantity.fixed(load.report.rate, 0),
                    time(latency?.p50), time(latency?.p90), time(latency?.p99), time(latency?.maximum),
                    Quantity.count(load.report.failed + load.report.unsent),
                ]
            })
    }

    private static func balance(_ result: BenchResult) -> String {
        let (load, report) = (result.main, result.main.report)
        var rows: [[String]] = [
            [
                "answers a connection",
                "\(Quantity.count(report.connections.min() ?? 0)) to \(Quantity.count(report.connections.max() ?? 0))",
            ],
            ["fairness between connections (1 is even)", Quantity.fixed(report.fairness, 4)],
        ]
        let all = Double(max(1, report.versions.values.reduce(0, +)))
        for (version, count) in report.versions.sorted(by: { $0.key < $1.key }) {
            rows.append([
                "version \(version)", "\(Quantity.count(count)), \(Quantity.percent(Double(count) / all))",
            ])
        }
        if let cost = load.cost, let each = cost.perRequest, each > 0 {
            rows.append(["server's processor a request", Quantity.seconds(each)])
            rows.append(["requests a processor second of the server", Quantity.fixed(1 / each, 0)])
            if let shared = cost.requestsPerRun { rows.append(["requests a run", Quantity.fixed(shared, 2)]) }
            if let bytes = cost.residentBytes { rows.append(["server's memory", Quantity.bytes(Int(bytes))]) }
        }
        rows.append(["load generator's processor a request", Quantity.seconds(load.generatorPerRequest)])
        rows.append(["sent over a millisecond late", Quantity.count(report.late)])
        return ReportPage.table(["What", ">Figure"], rows)
    }

    private static func settings(_ result: BenchResult) -> String {
        let plan = result.plan
        return ReportPage.table(
            ["What", "Value"],
            [
                ["date", result.at.description], ["server", result.server], ["endpoint", result.endpoint],
                ["requests", result.requests], ["connections", String(plan.connections)],
                ["rate", plan.rate.map { "\(Quantity.fixed($0, 0)) a second" } ?? "as fast as the answers come"],
                ["counted", Quantity.seconds(plan.seconds)], ["warm-up", Quantity.seconds(plan.warmUp)],
                ["load came from", result.machine.identity],
                ["its extensions", result.machine.extensions.joined(separator: " ")],
                ["slipway", Version.text],
            ])
    }
}
