import Compress
import Engines
import ModelGraph
import Optimize
import Tensors

/// Applies a recipe inside the walls: reads data and model, has the result judged by the engine's answers.
enum CompressionReader {
    static func compress(
        _ model: Model, on engine: any Engine, _ compression: Compression, _ settings: OptimizationSettings
    ) throws -> (model: Model, report: JSONValue) {
        guard let recipe = RecipeCatalog.recipe(compression.recipe) else {
            throw WorkshopError(.rejected, "there is no recipe '\(compression.recipe)'")
        }
        var demands = CompressionWork.Demands()
        demands.largestDrop = compression.largestDrop
        demands.measuresSpeed = settings.measuresSpeed
        demands.measuresNoise = compression.measuresNoise
        let work = CompressionWork(
            engine, recipe, compression.settings, demands, passes: PassCatalog.all(without: settings.without))
        do {
            let data = try CalibrationData(compression, settings.evaluation, try model.signature) {
                try TrialInputs(for: try ModelRunner(engine).session(model, optimized: false)).sets
            }
            let result = try work.run(model, calibration: data.source, rows: data.rows)
            guard case .object(var members) = result.report.json else { return (result.model, result.report.json) }
            members.append(.init(key: "settings", value: compression.json))
            return (result.model, .object(members))
        } catch let fault as RuleFault {
            throw WorkshopError(
                .rejected, fault.reason, help: "give inputs as the model takes them: NPZ, NPY or CSV, a row each")
        }
    }
}
