import Compress
import Engines
import ModelGraph
import Optimize
import Tensors

/// Applies a recipe inside the walls: reads data and model, has the result judged by the engine's answers.
enum CompressionReader {
    static func compress(
        _ model: Model, on engine: any Engine, _ compression: Compression, _ settings: OptimizationSettings,
        progress: @escaping @Sendable (RecipeStep) -> Void
    ) throws -> (model: Model, report: JSONValue) {
        var demands = CompressionWork.Demands()
        demands.largestDrop = compression.largestDrop
        demands.measuresSpeed = settings.measuresSpeed && !compression.isCandidate
        demands.measuresNoise = compression.measuresNoise
        demands.isCandidate = compression.isCandidate
        demands.setting = compression.list.setting
        demands.searchesShare = compression.searchesShare
        do {
            let work = CompressionWork(
                engine, try RecipeChain.recipe(compression.list), compression.settings, demands,
                passes: passes(compression, settings), progress: progress)
            progress(RecipeStep("reading data"))
            let data = try data(compression, settings, model, engine)
            let result = try work.run(model, calibration: data.source, rows: data.rows)
            guard case .object(var members) = result.report.json else { return (result.model, result.report.json) }
            let made = compression.resolved(
                left: result.report.left, share: result.report.share, ranks: result.report.ranks,
                without: settings.without)
            members.append(.init(key: "settings", value: compression.json))
            members.append(.init(key: "steps", value: made.json))
            members.append(.init(key: "parametersAfter", value: .integer(result.model.parameterCount)))
            return (result.model, .object(members))
        } catch let fault as RuleFault {
            throw refusal(fault)
        }
    }

    /// Passes run where the recipe has them.
    private static func passes(_ compression: Compression, _ settings: OptimizationSettings) -> [any GraphPass] {
        guard let part = compression.list.parts.first, part.name == RecipePart.passes else { return [] }
        return PassCatalog.all(without: settings.without.union(part.without))
    }

    /// What values are looked at with, and what results are judged by.
    static func data(
        _ compression: Compression, _ settings: OptimizationSettings, _ model: Model, _ engine: any Engine
    ) throws -> CalibrationData {
        try CalibrationData(compression, settings, try model.signature) {
            try TrialInputs(for: try ModelRunner(engine).session(model, optimized: false)).sets
        }
    }

    static func refusal(_ fault: RuleFault) -> WorkshopError {
        WorkshopError(
            .rejected, fault.reason,
            help:
                "give inputs as the model takes them (NPZ, NPY or CSV, a row each), or as a version's clients send them (a folder of pictures, --traffic)"
        )
    }
}
