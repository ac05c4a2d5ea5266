import ArgumentParser
import Compress
import Control
import Engines
import Workshop

extension SearchGoals.Purpose: ExpressibleByArgument {}

/// What a search without a recipe is to reach, and how long it may take.
struct SearchOptions: ParsableArguments {
    @Option(
        name: .customLong("max-latency"),
        help: ArgumentHelp("How long a run of one row may take on this machine, such as 2ms.", valueName: "time"))
    var maxLatency: String?

    @Option(
        name: .customLong("max-size"),
        help: ArgumentHelp("How large the file may be, such as 100KB.", valueName: "size"))
    var maxSize: String?

    @Option(
        name: .customLong("for"),
        help: "Goals under a name. edge: the smallest file that loses at most 1 %, on ONNX Runtime.")
    var purpose: SearchGoals.Purpose?

    @Option(help: ArgumentHelp("How long the search may take, about (default: 5min).", valueName: "time"))
    var budget: String?

    @Option(
        name: .customLong("save-recipe"),
        help: "Write the steps that were carried out here, to have them again with --recipe FILE.",
        completion: .file(extensions: ["json"]))
    var saveRecipe: String?

    /// Whether one of them asks for a search.
    var asks: Bool { maxLatency != nil || maxSize != nil || purpose != nil || budget != nil }

    func check() throws {
        if let maxLatency, Self.seconds(maxLatency).map({ $0 > 0 }) != true {
            throw ValidationError("--max-latency takes a time such as 2ms, not '\(maxLatency)'")
        }
        if let maxSize, Quantity.parseBytes(maxSize).map({ $0 > 0 }) != true {
            throw ValidationError("--max-size takes a size such as 100KB, not '\(maxSize)'")
        }
        if let budget, Self.seconds(budget).map({ (1...86_400).contains($0) }) != true {
            throw ValidationError("--budget takes a time such as 30s, 5min or 1h, at least 1s, not '\(budget)'")
        }
    }

    /// `2ms`, `30s`, `5min`, `1h`.
    static func seconds(_ text: String) -> Double? {
        let short = text.hasSuffix("min") ? String(text.dropLast(2)) : text
        return TuningObjective.seconds(short.replacing(" ", with: ""))
    }

    /// - Parameter drop: what `--max-accuracy-drop` says.
    func goals(drop: Double?) -> SearchGoals {
        SearchGoals(
            drop: drop, milliseconds: maxLatency.flatMap(Self.seconds).map { $0 * 1e3 },
            bytes: maxSize.flatMap(Quantity.parseBytes), purpose: purpose)
    }

    var budgetSeconds: Double { budget.flatMap(Self.seconds) ?? 300 }
}
