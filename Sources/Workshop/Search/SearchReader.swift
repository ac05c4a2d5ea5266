import Compress
import Engines
import ModelGraph
import Optimize
import Tensors

/// What a search asks of the limited child beside making candidates: facts about the original, and times.
enum SearchReader {
    /// What is known of a model before anything is tried, and how well it does on this engine.
    static func survey(
        path: String, engine kind: EngineKind, directories: [String], settings: OptimizationSettings
    ) throws -> JSONValue {
        let engine = try EngineCatalog(directory: directories.first).engine(kind)
        let model = try prepared(path, settings, engine)
        let compression = settings.compression ?? Compression(RecipeList([]))
        do {
            let data = try CompressionReader.data(compression, settings, model, engine)
            // Has every row of the data looked at once, so that what does not fit is told before anything is made.
            try data.source.forEachBatch(of: 64, for: try model.signature) { _ in }
            let runner = ModelRunner(engine)
            let judge = RecipeJudge(model, runner, data.rows, threads: compression.settings.threads)
            let figures = try ModelFigures(model)
            return .object([
                ("engine", .string(runner.engineName)),
                ("facts", try SearchFacts(model, isGenerated: data.source.isGenerated).json),
                ("figures", figures.json), ("parameters", .integer(model.parameterCount)),
                ("accuracy", try judge.accuracy().map(JSONValue.number) ?? .null),
                ("rows", .integer(data.rows.batches.reduce(0) { $0 + ($1.first?.rowCount ?? 1) })),
                ("judgedBy", .string(data.rows.words)), ("calibration", .string(data.source.words)),
                ("generated", .bool(data.source.isGenerated)),
            ])
        } catch let fault as RuleFault {
            throw CompressionReader.refusal(fault)
        } catch let error as EngineError {
            throw WorkshopError(.mismatch, error.description)
        }
    }

    /// Runs the original and candidates side by side, one row at a time.
    static func race(
        _ race: SearchRace, directories: [String], progress: @escaping @Sendable (RecipeStep) -> Void
    ) throws -> JSONValue {
        let catalog = EngineCatalog(directory: directories.first)
        let judge = try catalog.engine(race.runners.first?.engine ?? .onnxRuntime)
        let original = try prepared(race.path, race.settings, judge)
        let compression = race.settings.compression ?? Compression(RecipeList([]))
        let data = try CompressionReader.data(compression, race.settings, original, judge)
        guard let batch = data.rows.batches.first else { throw WorkshopError(.rejected, "there are no rows to run") }
        let isFixed = original.graph.requiredInputs.contains {
            $0.type?.tensor?.dimensions?.first?.size != nil
        }
        let inputs = isFixed ? batch : try batch.map { try $0.rows(0..<1) }
        var sessions: [any Session] = []
        for runner in race.runners {
            progress(RecipeStep("loading \(runner.name)", done: sessions.count, of: race.runners.count))
            let model = try runner.path.map { try OptimizationReader.whole($0) } ?? original
            let engine = try catalog.engine(runner.engine)
            sessions.append(try ModelRunner(engine, runner.setting).session(model, optimized: true))
        }
        let times = try SideBySide.times(of: sessions, on: inputs, seconds: race.seconds) { share in
            progress(RecipeStep("running side by side", done: Int(share * 100), of: 100))
        }
        let rows = inputs.first?.rowCount ?? 1
        return .object([
            ("rows", .integer(rows)),
            (
                "times",
                .array(
                    times.map { time in
                        .object([
                            ("p50", .number(time.p50)), ("p99", .number(time.p99)), ("noise", .number(time.noise)),
                            ("runs", .integer(time.runs)),
                        ])
                    })
            ),
        ])
    }

    /// The model with the sizes and the operator set that were asked for.
    private static func prepared(
        _ path: String, _ settings: OptimizationSettings, _ engine: any Engine
    ) throws -> Model {
        try OptimizationReader.prepare(
            try OptimizationReader.whole(path), try OptimizationReader.asked(settings), engine)
    }
}
