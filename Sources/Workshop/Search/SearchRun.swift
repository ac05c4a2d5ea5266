import Compress
import Engines
import Glibc
import Tensors

/// What a search has gathered so far, and the record that becomes of it.
struct SearchRun {
    let request: SearchRequest
    let plan: SearchPlan
    let survey: SearchSurvey
    let identity: JSONValue
    var search: CandidateSearch
    let clock: SearchClock
    /// Files of candidates that may be used, and what the child said of each that was made, by name.
    private(set) var paths: [String: String] = [:]
    private var reports: [String: JSONValue] = [:]
    private var surveys: [EngineKind: SearchSurvey] = [:]
    private var rows = 1
    var raceFailure: String?

    init(
        request: SearchRequest, plan: SearchPlan, survey: SearchSurvey, identity: JSONValue, search: CandidateSearch,
        clock: SearchClock
    ) {
        self.request = request
        self.plan = plan
        self.survey = survey
        self.identity = identity
        self.search = search
        self.clock = clock
    }

    var engineNames: [EngineKind: String] { surveys.mapValues(\.engine) }

    /// Tells where the search is, with what the child says.
    func teller(
        _ candidate: String?, _ progress: @escaping @Sendable (SearchStep) -> Void
    ) -> @Sendable (ChildStep?) -> Void {
        let (done, total) = search.progress
        let clock = clock
        return { step in
            progress(
                SearchStep(candidate: candidate, done: done, total: total, step: step, secondsLeft: clock.left))
        }
    }

    // MARK: - What came

    mutating func take(original survey: SearchSurvey, _ candidate: SearchCandidate) {
        surveys[candidate.engine] = survey
        let quality = survey.accuracy ?? 1
        let drop = self.survey.accuracy.map { $0 - quality } ?? 0
        search.take(
            SearchMeasurement(
                bytes: survey.facts.bytes, digest: identity["model"]?.stringValue ?? "", quality: quality, drop: drop,
                recipe: candidate.recipe),
            of: candidate.name)
    }

    mutating func take(kept: CandidateStore.Kept, _ candidate: SearchCandidate) {
        let report = kept.report
        guard report["outcome"]?.stringValue != "unchanged", let bytes = report["after"]?["bytes"]?.intValue,
            let drop = report["drop"]?.doubleValue, let steps = report["steps"],
            let recipe = try? RecipeList(json: steps)
        else {
            return search.drop(candidate.name, report["reason"]?.stringValue ?? "nothing could be done")
        }
        reports[candidate.name] = report
        paths[candidate.name] = kept.path
        let agreement = report["agreement"]
        let quality =
            report["accuracy"]?["after"]?.doubleValue
            ?? (survey.accuracy.map { $0 - drop } ?? agreement?["topAgreement"]?.doubleValue
                ?? agreement?["cosine"]?.doubleValue ?? 1 - drop)
        search.take(
            SearchMeasurement(bytes: bytes, digest: kept.digest, quality: quality, drop: drop, recipe: recipe),
            of: candidate.name)
    }

    mutating func take(times report: JSONValue, of candidates: [SearchCandidate]) {
        rows = report["rows"]?.intValue ?? 1
        var times: [String: SearchTime] = [:]
        for (candidate, time) in zip(candidates, report["times"]?.arrayValue ?? []) {
            guard let p50 = time["p50"]?.doubleValue, let p99 = time["p99"]?.doubleValue,
                let noise = time["noise"]?.doubleValue, let runs = time["runs"]?.intValue
            else { continue }
            times[candidate.name] = SearchTime(p50: p50, p99: p99, noise: noise, runs: runs)
        }
        search.take(times: times)
    }

    // MARK: - The record

    func result(_ outcome: SearchOutcome) -> ModelSearch.Result {
        let original = outcome.findings.first.map(described)
        var record = OptimisationRecord(
            subject: request.subject, original: original ?? .init("original", bytes: survey.facts.bytes))
        record.candidates = outcome.findings.dropFirst().compactMap { finding in
            // What was never made has no figures; why is in the notes.
            finding.measurement == nil ? nil : described(finding)
        }
        record.demands = demands
        record.notes = notes(outcome)
        record.setting = setting
        record.reason = outcome.reason
        guard let place = outcome.winner, let made = outcome.findings[place].measurement,
            let path = paths[outcome.findings[place].candidate.name],
            let report = reports[outcome.findings[place].candidate.name]
        else { return ModelSearch.Result(record: record, winner: nil) }
        let candidate = outcome.findings[place].candidate
        record.outcome = .improved
        record.chosen = candidate.name
        record.setting.digestAfter = made.digest
        if candidate.engine != request.engines.first { record.setting.target = surveys[candidate.engine]?.engine }
        record.layers = Self.layers(report)
        record.notes += (report["notes"]?.arrayValue ?? []).compactMap(\.stringValue)
        return ModelSearch.Result(
            record: record,
            winner: ModelSearch.Winner(path: path, recipe: made.recipe, report: report, engine: candidate.engine))
    }

    private func described(_ finding: SearchOutcome.Finding) -> OptimisationRecord.Candidate {
        let name = finding.candidate.name
        let report = reports[name]
        let made = finding.measurement
        var candidate = OptimisationRecord.Candidate(
            name, bytes: made?.bytes ?? survey.facts.bytes, steps: made?.recipe.parts.map(\.step) ?? [])
        let isOriginal = finding.candidate.isOriginal
        candidate.nodes = isOriginal ? survey.nodes : report?["after"]?["nodes"]?.intValue
        candidate.flops = isOriginal ? survey.flops : report?["after"]?["flops"]?.intValue
        candidate.parameters = isOriginal ? survey.parameters : report?["parametersAfter"]?.intValue
        candidate.quality = quality(finding, report)
        candidate.latency = made?.time.map { time in
            var latency = OptimisationRecord.Latency(
                p50: time.p50, engine: surveys[finding.candidate.engine]?.engine ?? "", rows: rows)
            latency.p99 = time.p99
            latency.noise = time.noise
            latency.threads = 1
            latency.runs = time.runs
            return latency
        }
        candidate.isAccepted = finding.reason == nil
        candidate.reason = finding.reason
        candidate.isOnFront = made?.time == nil ? nil : finding.isOnFront
        return candidate
    }

    private func quality(_ finding: SearchOutcome.Finding, _ report: JSONValue?) -> OptimisationRecord.Quality {
        var quality = OptimisationRecord.Quality(measuredOn: survey.judgedBy, samples: survey.rows)
        if finding.candidate.isOriginal {
            quality.accuracy = surveys[finding.candidate.engine]?.accuracy
            return quality
        }
        quality.accuracy = report?["accuracy"]?["after"]?.doubleValue
        quality.topAgreement = report?["agreement"]?["topAgreement"]?.doubleValue
        quality.cosine = report?["agreement"]?["cosine"]?.doubleValue
        quality.decibels = report?["agreement"]?["decibels"]?.doubleValue
        return quality
    }

    private var demands: OptimisationRecord.Demands {
        var demands = OptimisationRecord.Demands()
        demands.largestDrop = request.goals.largestDrop
        demands.largestMilliseconds = request.goals.largestMilliseconds
        demands.largestBytes = request.goals.largestBytes
        demands.purpose = request.goals.purpose?.rawValue
        return demands
    }

    private var setting: OptimisationRecord.Setting {
        var setting = OptimisationRecord.Setting()
        setting.machine = Machine.present.identity
        setting.engine = survey.engine
        setting.calibration = survey.calibration
        setting.seed = request.seed
        setting.digestBefore = identity["model"]?.stringValue
        return setting
    }

    private static func layers(_ report: JSONValue) -> [OptimisationRecord.Layer] {
        (report["layers"]?.arrayValue ?? []).compactMap { layer in
            guard let node = layer["node"]?.stringValue, let type = layer["operator"]?.stringValue else { return nil }
            var result = OptimisationRecord.Layer(
                node, type, isChanged: layer["changed"]?.boolValue ?? false, action: layer["action"]?.stringValue ?? "")
            result.decibels = layer["decibels"]?.doubleValue
            return result
        }
    }

    private func notes(_ outcome: SearchOutcome) -> [String] {
        var notes = outcome.notes
        let rows = survey.rows
        if survey.accuracy == nil {
            notes.append("no answers are known: agreement with the original stands for accuracy")
        }
        if survey.facts.isGenerated {
            notes.append(
                "inputs were made up: ranges and agreement say little about real ones; give --calibration FILE")
        }
        if rows > 0, request.goals.largestDrop > 0, request.goals.largestDrop * Double(rows) < 1 {
            notes.append(
                "\(rows) rows judge: one is more than the allowed loss, so that none may be lost; more rows would tell finer"
            )
        }
        for omission in plan.leftOut { notes.append("\(omission.name) left out: \(omission.reason)") }
        for finding in outcome.findings where finding.measurement == nil {
            notes.append("\(finding.candidate.name): \(finding.reason ?? "not made")")
        }
        if let raceFailure { notes.append("times could not be measured: \(raceFailure)") }
        let seconds = (clock.spent * 10).rounded() / 10
        var usage = rusage()
        getrusage(RUSAGE_CHILDREN.rawValue, &usage)
        let megabytes = usage.ru_maxrss / 1000
        notes.append("the search took \(seconds) s; a limited child had at most \(megabytes) MB in memory")
        return notes
    }
}
