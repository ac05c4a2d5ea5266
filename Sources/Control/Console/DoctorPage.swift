import Home
import Tensors

/// What the doctor finds, with what to do about it.
extension Views {
    struct DoctorPage {
        var findings: [Finding]
        var hasFindings: Bool
        var lead: String
        var at: Moment?
        var token: String
        var canLook: Bool
    }

    struct Finding {
        var subject: String
        var state: Pill
        var text: String
        var fix: String?
    }
}

extension Templates {
    static let doctor = """
        {{<layout}}{{$content}}
        <div class="row"><h1>Doctor</h1>{{#canLook}}<form class="push" method="post" action="/doctor"><input type="hidden" name="token" value="{{token}}"><button type="submit">Look now</button></form>{{/canLook}}</div>
        <p class="lead">{{lead}}{{#at}} <span class="hint">looked at <time datetime="{{iso}}">{{shown}}</time></span>{{/at}}</p>
        {{#hasFindings}}<section class="card"><table class="list"><caption>What was looked at</caption>
        <thead><tr><th scope="col">Subject</th><th scope="col">State</th><th scope="col">Found</th></tr></thead>
        <tbody>{{#findings}}<tr><th scope="row">{{subject}}</th><td>{{#state}}{{>pill}}{{/state}}</td><td class="free">{{text}}{{#fix}}<span class="by">mend it: {{fix}}</span>{{/fix}}</td></tr>{{/findings}}</tbody></table></section>{{/hasFindings}}
        {{/content}}{{/layout}}
        """
}

/// Has the doctor look, one look at a time, and remembers what was found.
actor Examination {
    /// What was found, and when.
    struct Report: Sendable {
        var findings: [JSONValue]
        var at: Timestamp
    }

    private let look: @Sendable () async -> JSONValue
    private(set) var report: Report?
    private var isLooking = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ look: @escaping @Sendable () async -> JSONValue) { self.look = look }

    /// Looks now; who asks while somebody looks gets the same report.
    func examine() async -> Report? {
        guard !isLooking else {
            await withCheckedContinuation { waiting.append($0) }
            return report
        }
        isLooking = true
        report = Report(findings: await look().arrayValue ?? [], at: Timestamp.now())
        isLooking = false
        for others in waiting { others.resume() }
        waiting = []
        return report
    }
}

extension ConsoleRoutes {
    /// - Parameter looking: whether somebody asked for a look now.
    func doctorPage(_ request: ControlRequest, looking: Bool = false) async throws -> ControlReply {
        var frame = frame("Doctor", request)
        frame.onDoctor = true
        var report = await examination?.report
        if looking { report = await examination?.examine() }
        let findings = (report?.findings ?? []).map(Self.finding)
        return .page(
            pages.page(
                "doctor", frame,
                Views.DoctorPage(
                    findings: findings, hasFindings: !findings.isEmpty, lead: lead(report, findings),
                    at: report.map { Views.Moment($0.at) }, token: token(request), canLook: examination != nil)))
    }

    private func lead(_ report: Examination.Report?, _ findings: [Views.Finding]) -> String {
        guard examination != nil else { return "This server has no doctor: it serves one file." }
        guard report != nil else {
            return
                "Engines, memory, disk, clock, rights, database, blobs, ports: let the doctor look. It takes some seconds."
        }
        let bad = findings.count { $0.state.style == "bad" }
        let warned = findings.count { $0.state.style == "warn" }
        if bad > 0 { return "\(bad) to mend, \(warned) to look at." }
        return warned > 0 ? "It works; \(warned) to look at." : "Everything is as it should be."
    }

    private static func finding(_ json: JSONValue) -> Views.Finding {
        let state =
            switch json["state"]?.stringValue {
            case "ok": Views.Pill(text: "✓ ok", style: "good")
            case "warn": Views.Pill(text: "! warn", style: "warn")
            default: Views.Pill(text: "✕ fail", style: "bad")
            }
        return Views.Finding(
            subject: json["subject"]?.stringValue ?? "?", state: state, text: json["text"]?.stringValue ?? "",
            fix: json["fix"]?.stringValue)
    }
}
