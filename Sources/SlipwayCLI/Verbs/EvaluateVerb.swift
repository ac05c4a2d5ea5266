import ArgumentParser
import Engines
import Registry
import Tensors
import Workshop

extension EngineKind: ExpressibleByArgument {}
extension Evaluator.Task: ExpressibleByArgument {}

struct EvaluateVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measures a version on rows with known answers and attaches the result.")

    @Argument(help: "A version such as digits:3.", completion: Candidates.versions)
    var version: String

    @Option(
        help: "An NPZ or CSV file (default: the set kept with the version).",
        completion: .file(extensions: ["npz", "csv"]))
    var data: String?

    @Option(help: "The array or column that holds the answers.")
    var answers: String?

    @Option(name: .customLong("prediction"), help: "The output that is the prediction.")
    var prediction: String?

    @Option(help: "classification or regression (default: by the answers' type).")
    var task: Evaluator.Task?

    @Option(help: "The engine to run it on.")
    var engine = EngineKind.onnxRuntime

    @Flag(help: "Keep the data with the version, for the next evaluation.")
    var keep = false

    /// Beside a server that follows: only with processors that nobody else asks for.
    @Flag(help: .hidden)
    var background = false

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        if background { ChildPriority.stepBack() }
        let registry = try homeOptions.registry()
        var options = EvaluationWork.Options()
        options.answers = answers
        options.output = prediction
        options.task = task
        options.engine = engine
        if let data { try await ChildRunner().rehearse(arrays: data) }
        let evaluated = try EvaluationWork(registry: registry, engines: try homeOptions.engines()).evaluate(
            try registry.resolve(try Reference(version)), data: data, options: options, keeps: keep
        ) { rows in
            if !answer.quiet, answer.format == .table { Terminal.progress("\(Quantity.count(rows)) rows …") }
        }
        Terminal.progress("")
        answer.answer(evaluated.json, name: evaluated.record.reference.description) {
            ([evaluated.record.reference.description + "  " + evaluated.line] + MeasureText.lines(evaluated.measures))
                .joined(separator: "\n")
        }
    }
}
