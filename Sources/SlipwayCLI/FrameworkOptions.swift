import ArgumentParser
import Workshop

/// The framework that a model comes from: the class that weights belong to, and answers to compare with.
struct FrameworkOptions: ParsableArguments {
    @Option(
        name: .customLong("class"),
        help: ArgumentHelp(
            "The class that a file of PyTorch's weights belongs to; its code runs within walls. Goes with --shape.",
            valueName: "net.py:Net"))
    var className: String?

    @Option(
        help: ArgumentHelp(
            "A folder that the class's imports may be read from, and nothing else.", valueName: "folder"),
        completion: .directory)
    var source: String?

    @Option(
        help: ArgumentHelp(
            "A Python that has torch, in place of an environment that is made (default: none).", valueName: "path"))
    var python: String?

    @Option(
        help: ArgumentHelp(
            "Packages of your own for the environment, each with its hash, as pip reads them.", valueName: "file"),
        completion: .file())
    var requirements: String?

    @Option(help: "Seconds that the class may take (default: 600).")
    var classSeconds: Int?

    @Option(
        help: ArgumentHelp(
            "Inputs and the framework's own answers to them; with values in between, the first that differs is named.",
            valueName: "io.npz"), completion: .file(extensions: ["npz"]))
    var reference: String?

    @Option(help: "How far an answer may be from the framework's, as a share of its largest value (default: 0.001).")
    var tolerance: Double?

    /// Whether none of them is given.
    var isUnused: Bool { className == nil && reference == nil && tolerance == nil && isClassless }

    private var isClassless: Bool { source == nil && python == nil && requirements == nil && classSeconds == nil }

    func validate() throws {
        guard className != nil || isClassless else {
            throw ValidationError("--source, --python, --requirements and --class-seconds go with --class")
        }
        guard python == nil || requirements == nil else {
            throw ValidationError("--python has its packages; --requirements is for an environment that is made")
        }
        guard tolerance.map({ $0 >= 0 && $0.isFinite }) ?? true else {
            throw ValidationError("--tolerance is a number from 0 on")
        }
        guard tolerance == nil || className != nil || reference != nil else {
            throw ValidationError("--tolerance goes with --reference or --class")
        }
        guard (1...86_400).contains(classSeconds ?? 1) else { throw ValidationError("--class-seconds is 1 to 86400") }
    }

    func apply(to request: inout Importer.Request) throws {
        request.reference = reference
        if let tolerance { request.tolerance = tolerance }
        guard let className else { return }
        var named = try ClassSource(className)
        named.root = try source.map { try ClassSource.absolute($0) }
        named.python = python
        named.requirements = requirements
        named.index = Terminal.environment("SLIPWAY_PYTHON_INDEX")
        if let base = Terminal.environment("SLIPWAY_PYTHON") { named.basePython = base }
        if let classSeconds { named.seconds = classSeconds }
        request.classSource = named
    }
}
