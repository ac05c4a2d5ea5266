import ArgumentParser
import Compress
import Engines
import Workshop

/// Processors that whole numbers are made for.
enum ProcessorChoice: String, ExpressibleByArgument, CaseIterable {
    /// Sums of four products of bytes.
    case vnni
    /// Sums of two, which hold weights of 7 bits.
    case avx2
    /// What is right on all of them.
    case any
}

/// Which recipe changes a model's answers, with what data, and what it may cost.
struct RecipeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to do beyond passes: \(Self.recipes), or a file of steps.", valueName: "name|file"))
    var recipe: String?

    @Option(
        help: ArgumentHelp(
            "Inputs to look at values with: NPZ, NPY or CSV, or for a version that takes them a folder of pictures "
                + "(default: the version's evaluation set, else made up).", valueName: "path"),
        completion: .file(extensions: ["npz", "npy", "csv"]))
    var calibration: String?

    @Flag(help: "Look at values with what an endpoint's clients have asked, as recorded with 'deploy --record'.")
    var traffic = false

    @Option(
        help: "The endpoint whose requests were recorded (default: the model's name).", completion: Candidates.endpoints
    )
    var endpoint: String?

    @Option(
        help: ArgumentHelp(
            "How ranges are chosen: \(Compression.calibrators.joined(separator: ", ")) (default: mse).",
            valueName: "name"))
    var calibrator: String?

    @Option(
        help: ArgumentHelp("The operations that pruning is to cut, such as 40% (default: 50%).", valueName: "share"))
    var prune: String?

    @Option(help: "Seeds what is random; equal seeds give equal models.")
    var seed: Int = 0

    @Option(
        name: .customLong("max-accuracy-drop"),
        help: ArgumentHelp(
            "The accuracy that may be lost, such as 0.5%; without --recipe, what keeps it is searched.",
            valueName: "share"))
    var maxAccuracyDrop: String?

    @Option(name: .customLong("target-engine"), help: "The engine that the result is for (default: --engine).")
    var targetEngine: EngineKind?

    @Option(
        help: ArgumentHelp(
            "The processors that int8 and int8-dynamic are for; weights get 7 bits for avx2 and any, as 8 overflow without "
                + "VNNI (default: those like this one)."))
    var cpu: ProcessorChoice?

    private static let recipes = Compression.recipes.map(\.name).joined(separator: ", ")

    /// Whether `--recipe` names a file.
    private var isFile: Bool {
        guard let recipe else { return false }
        return !Compression.recipes.map(\.name).contains(recipe) && (recipe.contains("/") || recipe.contains("."))
    }

    /// Whether data are given to look at values with.
    var hasData: Bool { calibration != nil || traffic }

    /// - Parameters:
    ///   - searches: whether a search is asked for, by goals or a budget.
    ///   - isFile: whether a file is to be optimised, and not a version.
    func check(searches: Bool, isFile: Bool) throws {
        guard traffic || endpoint == nil else { throw ValidationError("--endpoint goes with --traffic") }
        guard !traffic || calibration == nil else {
            throw ValidationError("--traffic and --calibration exclude each other")
        }
        guard cpu == nil || ["int8", "int8-dynamic"].contains(recipe) else {
            throw ValidationError(
                "--cpu is for --recipe int8 and int8-dynamic; a recipe's file says 'byteProducts' itself")
        }
        guard !traffic || !isFile else {
            throw ValidationError("--traffic is for versions: a file has no clients; give --calibration")
        }
        try check(searches: searches)
    }

    /// Where data lie; `nil` where none are given.
    ///
    /// - Parameter subject: the version, as it was named.
    /// - Throws: `WorkshopError.Code.evaluation` when nothing is recorded.
    func data(_ subject: String, _ homeOptions: HomeOptions) throws -> String? {
        traffic ? try TrafficRecord(endpoint, of: subject, homeOptions).folder : calibration
    }

    private func check(searches: Bool) throws {
        let names = Compression.recipes.map(\.name)
        if let recipe, !names.contains(recipe), !isFile {
            throw ValidationError(
                "there is no recipe '\(recipe)'; there is \(names.joined(separator: ", ")), or the path of a file")
        }
        let only = calibrator.map { _ in "--calibrator" } ?? targetEngine.map { _ in "--target-engine" }
        if recipe == nil, let only {
            throw ValidationError("\(only) needs --recipe NAME; there is \(names.joined(separator: ", "))")
        }
        if recipe == nil, !searches, seed != 0 { throw ValidationError("--seed is for recipes and searches") }
        if isFile, calibrator != nil || prune != nil || seed != 0 {
            throw ValidationError("a recipe's file says calibrator, share and seed itself")
        }
        if let calibrator, !Compression.calibrators.contains(calibrator) {
            throw ValidationError(
                "there is no calibrator '\(calibrator)'; there are \(Compression.calibrators.joined(separator: ", "))")
        }
        if prune != nil, recipe != "prune" { throw ValidationError("--prune is for --recipe prune") }
        _ = try prunedShare()
        _ = try largestDrop()
    }

    /// `40%`, `0.4`.
    private func prunedShare() throws -> Double? {
        guard let text = prune else { return nil }
        let isPercent = text.hasSuffix("%")
        guard let number = Double(isPercent ? String(text.dropLast()) : text), number > 0,
            number / (isPercent ? 100 : 1) < 1
        else { throw ValidationError("--prune is a share such as 40% or 0.4, not '\(text)'") }
        return number / (isPercent ? 100 : 1)
    }

    /// `0.5%`, `0.005`.
    func largestDrop() throws -> Double? {
        guard let text = maxAccuracyDrop else { return nil }
        let isPercent = text.hasSuffix("%")
        guard let number = Double(isPercent ? String(text.dropLast()) : text), number >= 0,
            number / (isPercent ? 100 : 1) < 1
        else { throw ValidationError("--max-accuracy-drop is a share such as 0.5% or 0.005, not '\(text)'") }
        return number / (isPercent ? 100 : 1)
    }

    /// What is asked for; `nil` without a recipe.
    ///
    /// - Parameters:
    ///   - engine: that judges; `nil`: that for which the recipe's file is, else ONNX Runtime.
    ///   - data: to look at values with.
    func compression(judgedOn engine: EngineKind?, data: String?) throws -> (
        compression: Compression, engine: EngineKind
    )? {
        guard let recipe else { return nil }
        var compression = isFile ? Compression(try RecipeFile.read(recipe)) : Compression(recipe)
        let engine = engine ?? compression.list.parts.compactMap(\.target).first ?? .onnxRuntime
        compression.calibration = data
        compression.calibrator = calibrator
        if let cpu {
            for index in compression.list.parts.indices where compression.list.parts[index].name.hasPrefix("int8") {
                compression.list.parts[index].byteProducts = cpu == .vnni
            }
        }
        if !isFile { compression.seed = seed }
        compression.prunedShare = try prunedShare()
        compression.largestDrop = try largestDrop()
        compression.target = targetEngine ?? engine
        return (compression, engine)
    }
}
