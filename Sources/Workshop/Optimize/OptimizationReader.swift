import Compress
import Engines
import ModelGraph
import Optimize
import Tensors

/// Optimises a model inside the walls: reads it, runs passes, has each judged by the engine's answers.
enum OptimizationReader {
    /// Rows of an evaluation set that are compared.
    private static let rows = 32

    /// - Parameters:
    ///   - progress: told as work goes on.
    ///   - output: takes the bytes of the model to keep, piece by piece; false when they could not be written.
    /// - Returns: the report.
    static func optimize(
        path: String, engine kind: EngineKind, directories: [String], settings: OptimizationSettings,
        progress: @escaping @Sendable (RecipeStep) -> Void, output: (UnsafeRawBufferPointer) -> Bool
    ) throws -> JSONValue {
        let (model, file) = try mapped(path)
        let engine = SparingEngine(try EngineCatalog(directory: directories.first).engine(kind), file: file)
        let preparation = try asked(settings)
        if let compression = settings.compression {
            let prepared = try prepare(model, preparation, engine)
            let result = try CompressionReader.compress(prepared, on: engine, compression, settings, progress: progress)
            try hand(result.model, output)
            return result.report
        }
        let work = OptimizationWork(
            engine, passes: PassCatalog.all(without: settings.without), preparation: preparation,
            measuresSpeed: settings.measuresSpeed)
        let result: (model: Model, report: OptimizationReport)
        do {
            result = try work.run(model) { session in
                settings.evaluation.flatMap { try? inputs($0, session) }.map { [$0] } ?? []
            }
        } catch let error as RuleFault where !preparation.isEmpty {
            throw WorkshopError(.rejected, error.reason, help: "'slipway show FILE' shows inputs and operators")
        } catch let error as EngineError {
            throw WorkshopError(
                .mismatch, "\(kind.displayName) does not run this model on made-up inputs: nothing can be compared",
                causes: [error.description], help: "'slipway show FILE' shows the graph")
        }
        try hand(result.model, output)
        return result.report.json
    }

    /// A valid model whose weights are all inside.
    static func whole(_ path: String) throws -> Model { try mapped(path).model }

    /// A valid model whose weights are all inside, and the map of the file that it is a view into.
    private static func mapped(_ path: String) throws -> (model: Model, file: MappedFile) {
        let (model, file) = try Inspection.mapped(path)
        guard try model.externalFiles().isEmpty else {
            throw WorkshopError(
                .rejected, "the model's weights are in other files",
                help: "import it, which puts up to 2 GB inside, and optimise the version")
        }
        return (model, file)
    }

    private static func hand(_ model: Model, _ output: (UnsafeRawBufferPointer) -> Bool) throws {
        try model.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
    }

    /// The model with the sizes and the operator set that were asked for.
    static func prepare(
        _ model: Model, _ preparation: Preparation, _ engine: any Engine
    ) throws -> Model {
        do {
            return try preparation.applied(to: model, ModelRunner(engine)).model
        } catch let error as RuleFault {
            throw WorkshopError(.rejected, error.reason)
        }
    }

    static func asked(_ settings: OptimizationSettings) throws(WorkshopError) -> Preparation {
        do {
            return try settings.preparation
        } catch {
            throw WorkshopError(.rejected, error.reason)
        }
    }

    /// The first rows of an evaluation set, as many as the model takes at a time.
    private static func inputs(
        _ evaluation: OptimizationSettings.Evaluation, _ session: any Session
    ) throws -> [Tensor] {
        let set = try EvaluationSet.read(path: evaluation.path, for: session.signature, answers: evaluation.answers)
        let fixed = session.signature.inputs.compactMap { $0.dimensions?.first?.size }.first
        let count = min(set.rows, fixed ?? rows)
        return try set.inputs.map { try $0.rows(0..<count) }
    }
}
