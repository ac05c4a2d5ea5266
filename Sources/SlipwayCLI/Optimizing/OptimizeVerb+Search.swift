import Compress
import Control
import Engines
import Registry
import Tensors
import Trust
import Workshop

/// Without a recipe, with something to reach: what does it best is searched.
extension OptimizeVerb {
    func search() async throws {
        let directory = try homeOptions.directory()
        var request = SearchRequest(
            path: subject, subject: subject.split(separator: "/").last.map(String.init) ?? subject,
            goals: searchOptions.goals(drop: try recipeOptions.largestDrop()), engines: try searchedEngines(),
            settings: settings)
        request.calibration = try recipeOptions.data(subject, homeOptions)
        request.seed = recipeOptions.seed
        request.budget = searchOptions.budgetSeconds
        let optimizer = ModelOptimizer(engineDirectories: [try homeOptions.engineDirectory()])
        let line = SearchLine(isWanted: !quiet && !json)
        if ShowVerb.looksLikeFile(subject) {
            let search = ModelSearch(
                engineDirectories: [try homeOptions.engineDirectory()], store: try CandidateStore(directory))
            if dryRun { return try await explain(request, search) }
            try await searchFile(request, search, optimizer, line)
        } else {
            let registry = try homeOptions.registry()
            let record = try registry.resolve(try Reference(subject))
            if dryRun {
                let search = ModelSearch(
                    engineDirectories: [try homeOptions.engineDirectory()], store: try CandidateStore(directory))
                return try await explain(try optimizer.completed(request, record, registry), search)
            }
            try await searchVersion(record, registry, request, optimizer, line)
        }
    }

    /// The one that was named, else all there are, ONNX Runtime first.
    private func searchedEngines() throws -> [EngineKind] {
        if let engine { return [engine] }
        let found = try homeOptions.engines().survey().filter { $0.problem == nil && $0.version != nil }.map(\.kind)
        // LiteRT runs files that are written anew for each set of shapes: a search measures graphs as they are.
        let engines = EngineKind.allCases.filter { found.contains($0) && $0 != .liteRT }
        return engines.isEmpty ? [.onnxRuntime] : engines.sorted { a, _ in a == .onnxRuntime }
    }

    private func explain(_ request: SearchRequest, _ search: ModelSearch) async throws {
        let (plan, survey) = try await search.plan(request)
        if json {
            let candidates = plan.candidates.map { candidate in
                JSONValue.object([
                    ("name", .string(candidate.name)), ("engine", .string(candidate.engine.rawValue)),
                    ("why", .string(candidate.why)), ("recipe", candidate.recipe.json),
                ])
            }
            let omissions = plan.leftOut.map { omission in
                JSONValue.object([("name", .string(omission.name)), ("reason", .string(omission.reason))])
            }
            Terminal.answer(
                bytes: JSONValue.object([
                    ("subject", .string(request.subject)), ("candidates", .array(candidates)),
                    ("leftOut", .array(omissions)), ("judgedBy", .string(survey.judgedBy)),
                ]).encoded(pretty: true) + [UInt8(ascii: "\n")])
        } else {
            Terminal.answer(SearchText.plan(plan, survey, title: "\(request.subject): would be tried, in this order"))
        }
    }

    private func searchFile(
        _ request: SearchRequest, _ search: ModelSearch, _ optimizer: ModelOptimizer, _ line: SearchLine
    ) async throws {
        let result = await optimizer.withKernels(try await search.run(request) { line.show($0) })
        line.end()
        if let output { _ = try OwnFile.copy(result.winner?.path ?? request.path, to: output) }
        try saveRecipe(result.winner)
        answer(
            result.record, result.winner, extra: [],
            title: "\(request.subject) → \(output ?? ""): \(SearchText.words(result.record))")
        try await writeReport(result.record, request.path, result.winner?.path)
    }

    private func searchVersion(
        _ record: VersionRecord, _ registry: ModelRegistry, _ request: SearchRequest, _ optimizer: ModelOptimizer,
        _ line: SearchLine
    ) async throws {
        let result = try await optimizer.search(
            record, in: registry, request, note: note, steps: { line.show($0) }, progress: { line.show($0.text) })
        line.end()
        try saveRecipe(result.winner)
        let words = SearchText.words(result.record)
        guard let addition = result.addition else {
            answer(result.record, nil, extra: [], title: "\(record.reference): no new version; \(words)")
            return try await writeReport(result.record, registry.modelFilePath(record.digest), nil)
        }
        let reference = addition.record.reference
        let winner = result.winner
        let told = try keep(winner?.recipe.setting ?? .usual, on: winner?.engine, addition.record, registry)
        let state = addition.isNew ? "" : ", which was there already"
        answer(
            result.record, result.winner,
            extra: [
                ("version", .string(reference.description)), ("digest", .string(addition.record.digest.description)),
            ],
            title: "\(record.reference) → \(reference)\(state): \(words)")
        try await writeReport(
            result.record, registry.modelFilePath(record.digest), registry.modelFilePath(addition.record.digest))
        if let told, !quiet, !json { Terminal.say("a deployment on this machine runs it so: \(told)") }
        if !quiet, !json { Terminal.say("next: slipway deploy \(reference)") }
    }

    /// Has deployments of a version run it as it was measured.
    ///
    /// - Returns: how that is, in words; `nil` where it is what a server does anyway.
    func keep(
        _ setting: EngineSetting, on engine: EngineKind?, _ record: VersionRecord, _ registry: ModelRegistry
    ) throws -> String? {
        guard let engine else { return nil }
        return try TuningRecords(registry, engines: homeOptions.engines())
            .attach(optimized: setting, on: engine, to: record, slipway: Version.text)
    }

    private func saveRecipe(_ winner: ModelSearch.Winner?) throws {
        guard let path = searchOptions.saveRecipe else { return }
        if let winner {
            try RecipeFile.write(winner.recipe.json, to: path)
        } else if !quiet {
            Terminal.say("no recipe is written to '\(path)': the original is kept")
        }
    }

    private func answer(
        _ record: OptimisationRecord, _ winner: ModelSearch.Winner?, extra: [(String, JSONValue)], title: String
    ) {
        guard json else { return Terminal.answer(SearchText.text(record, title: title)) }
        guard case .object(var members) = record.json else { return }
        if let winner { members.append(.init(key: "recipe", value: winner.recipe.json)) }
        members += extra.map { JSONValue.Member(key: $0.0, value: $0.1) }
        Terminal.answer(bytes: JSONValue.object(members).encoded(pretty: true) + [UInt8(ascii: "\n")])
    }
}
