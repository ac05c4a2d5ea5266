package import Compress
package import Engines
import Glibc
import SystemPackage
package import Tensors

/// Searches for the smallest or fastest form of a model that keeps what was asked: carries out what `CandidateSearch` decides, a
/// limited child for each candidate.
package struct ModelSearch: Sendable {
    private let child: ChildRunner
    private let engineDirectories: [String]
    private let store: CandidateStore

    package init(child: ChildRunner = ChildRunner(), engineDirectories: [String], store: CandidateStore) {
        self.child = child
        self.engineDirectories = engineDirectories
        self.store = store
    }

    /// What a search came to.
    package struct Result: Sendable {
        package var record: OptimisationRecord
        /// `nil`: the original is kept.
        package var winner: Winner?
    }

    package struct Winner: Sendable {
        /// Its file; another's, to be copied.
        package let path: String
        /// With every parameter.
        package let recipe: RecipeList
        /// The child's.
        package var report: JSONValue
        package let engine: EngineKind
    }

    /// What would be tried, and why, without trying it.
    ///
    /// - Throws: `WorkshopError` when the original cannot be read or run.
    package func plan(_ request: SearchRequest) async throws -> (plan: SearchPlan, survey: SearchSurvey) {
        let survey = try await survey(request, request.engines.first ?? .onnxRuntime, child) { _ in }
        return (plan(request, survey), survey)
    }

    private func plan(_ request: SearchRequest, _ survey: SearchSurvey) -> SearchPlan {
        SearchPlan(
            survey.facts, request.goals, engines: request.engines, seed: request.seed,
            without: request.settings.without.sorted())
    }

    /// - Throws: `WorkshopError` when the original cannot be read or run, or data do not fit.
    package func run(
        _ request: SearchRequest, progress: @escaping @Sendable (SearchStep) -> Void
    ) async throws -> Result {
        let clock = SearchClock(budget: request.budget)
        let first = request.engines.first ?? .onnxRuntime
        let survey = try await survey(request, first, child) { step in
            progress(SearchStep(candidate: "original", done: 0, total: 1, step: step, secondsLeft: clock.left))
        }
        let plan = plan(request, survey)
        let slots = max(3, min(14, (2 << 30) / max(1, survey.facts.bytes * 4)))
        var work = SearchRun(
            request: request, plan: plan, survey: survey, identity: try identity(request, survey),
            search: CandidateSearch(plan, request.goals, raceSize: slots), clock: clock)
        while true {
            if clock.left < clock.reserve { work.search.endTime() }
            switch work.search.next() {
            case .make(let candidate):
                let tell = work.teller(candidate.name, progress)
                await make(candidate, &work, tell)
            case .race(let candidates):
                let tell = work.teller(nil, progress)
                await race(candidates, &work, tell)
            case .finish(let outcome):
                store.sweep()
                return work.result(outcome)
            }
        }
    }

    // MARK: - Steps

    private func make(
        _ candidate: SearchCandidate, _ work: inout SearchRun, _ tell: @escaping @Sendable (ChildStep?) -> Void
    ) async {
        tell(nil)
        do {
            if candidate.isOriginal {
                try await work.take(original: original(candidate, work, tell), candidate)
            } else {
                try await work.take(kept: kept(candidate, work, tell), candidate)
            }
        } catch {
            let isLate = work.clock.left <= 0
            work.search.drop(
                candidate.name,
                isLate ? "not finished: out of time" : "\((error as? WorkshopError)?.message ?? "\(error)")")
        }
    }

    private func original(
        _ candidate: SearchCandidate, _ work: SearchRun, _ tell: @escaping @Sendable (ChildStep?) -> Void
    ) async throws -> SearchSurvey {
        if candidate.engine == work.request.engines.first { return work.survey }
        return try await survey(work.request, candidate.engine, bounded(work)) { tell($0) }
    }

    private func kept(
        _ candidate: SearchCandidate, _ work: SearchRun, _ tell: @escaping @Sendable (ChildStep?) -> Void
    ) async throws -> CandidateStore.Kept {
        let settings = work.request.settings(candidate.recipe, candidate.engine)
        let key = CandidateStore.key(
            .object([
                ("identity", work.identity), ("engine", .string(work.engineNames[candidate.engine] ?? "")),
                ("settings", settings.json),
            ]))
        if let kept = store.candidate(key) { return kept }
        let task = ChildTask.optimize(
            path: work.request.path, engine: candidate.engine, settings: settings, engineDirectories: engineDirectories)
        let runner = bounded(work)
        return try await store.keep(key, isUsable: { $0["outcome"]?.stringValue == "improved" }) { descriptor in
            try await runner.run(task, writingTo: FileDescriptor(rawValue: descriptor)) { tell($0) }
        }
    }

    private func race(
        _ candidates: [SearchCandidate], _ work: inout SearchRun, _ tell: @escaping @Sendable (ChildStep?) -> Void
    ) async {
        tell(nil)
        let runners = candidates.map { candidate in
            SearchRace.Runner(
                name: candidate.name, engine: candidate.engine, setting: candidate.recipe.setting,
                path: candidate.isOriginal ? nil : work.paths[candidate.name])
        }
        let race = SearchRace(
            path: work.request.path, runners: runners,
            settings: work.request.settings(RecipeList([]), runners[0].engine),
            seconds: work.clock.race(of: runners.count))
        do {
            let report = try await child.report(of: .race(race, engineDirectories: engineDirectories)) { tell($0) }
            work.take(times: report, of: candidates)
        } catch {
            work.raceFailure = error.message
            work.search.take(times: [:])
        }
    }

    /// No candidate may take longer than there is time.
    private func bounded(_ work: SearchRun) -> ChildRunner {
        child.limited(to: .seconds(max(1, min(900, work.clock.left))))
    }

    private func survey(
        _ request: SearchRequest, _ engine: EngineKind, _ child: ChildRunner,
        _ progress: @escaping @Sendable (ChildStep) -> Void
    ) async throws -> SearchSurvey {
        let task = ChildTask.survey(
            path: request.path, engine: engine, settings: request.settings(RecipeList([]), engine),
            engineDirectories: engineDirectories)
        do throws(WorkshopError) {
            return try SearchSurvey(try await child.report(of: task, progress: progress))
        } catch {
            throw error.about(request.subject)
        }
    }

    /// All that candidates depend on besides their steps and their engine.
    private func identity(_ request: SearchRequest, _ survey: SearchSurvey) throws(WorkshopError) -> JSONValue {
        func digest(_ path: String?) throws(WorkshopError) -> JSONValue {
            guard let path else { return .null }
            guard let digest = CandidateStore.digest(path) else {
                throw WorkshopError(.unreadable, "cannot read '\(path)': \(String(cString: strerror(errno)))")
            }
            return .string(digest)
        }
        return .object([
            ("form", .integer(1)), ("model", try digest(request.path)), ("data", try digest(request.calibration)),
            ("processing", request.settings.processing ?? .null),
            ("evaluation", try digest(request.settings.evaluation?.path)), ("machine", Machine.present.json),
            ("program", program),
        ])
    }

    /// Another build may make other models.
    private var program: JSONValue {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return .null }
        return .array([
            .integer(Int(status.st_size)), .integer(status.st_mtim.tv_sec), .integer(status.st_mtim.tv_nsec),
        ])
    }
}
