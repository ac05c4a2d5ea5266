package import Engines
import Tensors

/// What a limited child is asked to do with one file. Travels as the arguments of a hidden verb.
package enum ChildTask: Hashable, Sendable {
    /// Read and validate a model; report its summary and signature.
    case inspect(path: String)
    /// Compile declared processing (JSON text) into a model and write the result to standard output.
    case compile(path: String, processing: String, weights: Weights = .inside)
    /// Load a model on an engine and run it once on generated inputs; the outputs go to standard output as NPZ.
    /// Weights outside of the file, so many bytes, lie beside it.
    case probe(path: String, engine: EngineKind, engineDirectories: [String], weightBytes: Int = 0)
    /// Read an NPZ or CSV file; report how many arrays it has.
    case arrays(path: String)
    /// Read and validate a model; report its layers and their costs at these sizes.
    case layers(path: String, sizes: OpenSizes)
    /// Write a model's page, with this title, to standard output.
    case page(path: String, sizes: OpenSizes, title: String)
    /// Read and validate a model; report a stretch of its graph in few boxes, and where a text is found.
    case outline(path: String, from: Int, to: Int, find: String)
    /// Read and validate two models; report what differs.
    case difference(before: String, after: String)
    /// Read and validate two models; report what became of the first one's layers in the second.
    case study(before: String, after: String)

    /// Look through a file for what reading it in Python would import; report every name.
    case scan(path: String)
    /// Rebuild a model of another library as a graph and write it to standard output; with the shapes of its inputs where
    /// the file does not say them, and the name of the signature where it has several.
    case convert(path: String, shapes: [String] = [], signature: String? = nil)
    /// Write the tensors of a file of PyTorch's weights, or of safetensors, to standard output as safetensors.
    case weights(path: String)
    /// Run a model on the inputs of a reference (NPZ) and compare; `map`, a file, says what the reference calls layers.
    case reference(
        path: String, reference: String, map: String?, engine: EngineKind, engineDirectories: [String],
        tolerance: Double)
    /// Report what is in a file of weights, or what a file of another library becomes.
    case contents(path: String)
    /// Run passes over a model, each judged by an engine's answers, and write what is kept to standard output.
    case optimize(path: String, engine: EngineKind, settings: OptimizationSettings, engineDirectories: [String])

    /// Report facts about a model, and how well it does on an engine, before a search.
    case survey(path: String, engine: EngineKind, settings: OptimizationSettings, engineDirectories: [String])
    /// Run models side by side; report how long runs take.
    case race(SearchRace, engineDirectories: [String])

    /// Ask two versions what was recorded; report how their answers differ.
    case replay(ReplayRequest, engine: EngineKind, engineDirectories: [String])

    /// Load a model on an engine that writes what its optimisation makes of it to `output`, a file that is there; report which
    /// nodes run in whole numbers. With `profile` the only task that may open a file for writing.
    case kernels(path: String, output: String, engineDirectories: [String])
    /// Run a model on an engine that writes into `folder` how long each node took; report the share of each.
    case profile(path: String, folder: String, engineDirectories: [String])

    /// What is to become of weights that are in other files, in the order in which the model names these.
    package enum Weights: Hashable, Sendable {
        /// There are none.
        case inside
        /// Put them into the model. The paths are ours.
        case embed([String])
        /// Leave them outside, under these names.
        case rename([String])
    }

    /// The hidden verb that `main` hands to `ChildMain` before anything else happens.
    package static let verb = "__child"

    /// The files that the walls are sized for.
    var paths: [String] {
        switch self {
        case .inspect(let path), .probe(let path, _, _, _), .arrays(let path), .layers(let path, _),
            .page(let path, _, _), .outline(let path, _, _, _), .scan(let path), .convert(let path, _, _),
            .contents(let path), .weights(let path):
            [path]
        case .kernels(let path, _, _), .profile(let path, _, _): [path]
        case .optimize(let path, _, let settings, _), .survey(let path, _, let settings, _):
            [path] + [settings.evaluation?.path].compactMap(\.self)
        case .replay(let request, _, _): [request.base.path, request.candidate.path] + request.files.prefix(1)
        case .race(let race, _): [race.path] + race.runners.map { $0.path ?? race.path }
        case .reference(let path, let reference, _, _, _, _): [path, reference]
        case .compile(let path, _, .embed(let weights)): [path] + weights
        case .compile(let path, _, _): [path]
        case .difference(let before, let after), .study(let before, let after): [before, after]
        }
    }

    var arguments: [String] {
        switch self {
        case .inspect(let path): [Self.verb, "inspect", path]
        case .arrays(let path): [Self.verb, "arrays", path]
        case .scan(let path): [Self.verb, "scan", path]
        case .convert(let path, let shapes, let signature): [Self.verb, "convert", path, signature ?? ""] + shapes
        case .contents(let path): [Self.verb, "contents", path]
        case .weights(let path): [Self.verb, "weights", path]
        case .reference(let path, let reference, let map, let engine, let directories, let tolerance):
            [Self.verb, "reference", path, reference, map ?? "", engine.rawValue, String(tolerance)] + directories
        case .compile(let path, let processing, .inside): [Self.verb, "compile", path, processing]
        case .compile(let path, let processing, .embed(let files)):
            [Self.verb, "compile", path, processing, "embed"] + files
        case .compile(let path, let processing, .rename(let names)):
            [Self.verb, "compile", path, processing, "rename"] + names
        case .probe(let path, let engine, let directories, let bytes):
            [Self.verb, "probe", path, engine.rawValue, String(bytes)] + directories
        case .layers(let path, let sizes): [Self.verb, "layers", path, sizes.json.encodedString()]
        case .page(let path, let sizes, let title): [Self.verb, "page", path, sizes.json.encodedString(), title]
        case .outline(let path, let from, let to, let text):
            [Self.verb, "outline", path, String(from), String(to), text]
        case .difference(let before, let after): [Self.verb, "difference", before, after]
        case .study(let before, let after): [Self.verb, "study", before, after]
        case .kernels(let path, let output, let directories): [Self.verb, "kernels", path, output] + directories
        case .profile(let path, let folder, let directories): [Self.verb, "profile", path, folder] + directories
        case .optimize(let path, let engine, let settings, let directories):
            [Self.verb, "optimize", path, engine.rawValue, settings.json.encodedString()] + directories
        case .survey(let path, let engine, let settings, let directories):
            [Self.verb, "survey", path, engine.rawValue, settings.json.encodedString()] + directories
        case .race(let race, let directories): [Self.verb, "race", race.json.encodedString()] + directories
        case .replay(let request, let engine, let directories):
            [Self.verb, "replay", engine.rawValue, request.json.encodedString(), String(request.files.count)]
                + request.files + directories
        }
    }

    /// - Parameter arguments: what follows the hidden verb.
    init?(arguments: some Collection<String>) {
        let words = Array(arguments)
        switch (words.first, words.count) {
        case ("inspect", 2): self = .inspect(path: words[1])
        case ("arrays", 2): self = .arrays(path: words[1])
        case ("scan", 2): self = .scan(path: words[1])
        case ("convert", 3...):
            self = .convert(
                path: words[1], shapes: Array(words[3...]), signature: words[2].isEmpty ? nil : words[2])
        case ("contents", 2): self = .contents(path: words[1])
        case ("weights", 2): self = .weights(path: words[1])
        case ("reference", 6...):
            guard let engine = EngineKind(rawValue: words[4]), let tolerance = Double(words[5]), tolerance >= 0 else {
                return nil
            }
            self = .reference(
                path: words[1], reference: words[2], map: words[3].isEmpty ? nil : words[3], engine: engine,
                engineDirectories: Array(words[6...]), tolerance: tolerance)
        case ("compile", 3): self = .compile(path: words[1], processing: words[2])
        case ("compile", 5...):
            let rest = Array(words[4...])
            switch words[3] {
            case "embed": self = .compile(path: words[1], processing: words[2], weights: .embed(rest))
            case "rename": self = .compile(path: words[1], processing: words[2], weights: .rename(rest))
            default: return nil
            }
        case ("replay", 4...):
            guard let engine = EngineKind(rawValue: words[1]), let count = Int(words[3]), count >= 0,
                count <= words.count - 4,
                let request = ReplayRequest(words[2], files: Array(words[4..<4 + count]))
            else { return nil }
            self = .replay(request, engine: engine, engineDirectories: Array(words[(4 + count)...]))
        case ("layers", 3), ("page", 4):
            guard let sizes = OpenSizes(words[2]) else { return nil }
            self =
                words[0] == "layers"
                ? .layers(path: words[1], sizes: sizes) : .page(path: words[1], sizes: sizes, title: words[3])
        case ("outline", 5):
            guard let from = Int(words[2]), let to = Int(words[3]), 0 <= from, from <= to else { return nil }
            self = .outline(path: words[1], from: from, to: to, find: words[4])
        case ("difference", 3): self = .difference(before: words[1], after: words[2])
        case ("study", 3): self = .study(before: words[1], after: words[2])
        case ("probe", 4...):
            guard let engine = EngineKind(rawValue: words[2]), let bytes = Int(words[3]), bytes >= 0 else { return nil }
            self = .probe(
                path: words[1], engine: engine, engineDirectories: Array(words[4...]), weightBytes: bytes)
        case ("kernels", 3...):
            self = .kernels(path: words[1], output: words[2], engineDirectories: Array(words[3...]))
        case ("profile", 3...):
            self = .profile(path: words[1], folder: words[2], engineDirectories: Array(words[3...]))
        case ("optimize", 4...), ("survey", 4...):
            guard let engine = EngineKind(rawValue: words[2]), let settings = OptimizationSettings(words[3]) else {
                return nil
            }
            let directories = Array(words[4...])
            self =
                words[0] == "survey"
                ? .survey(path: words[1], engine: engine, settings: settings, engineDirectories: directories)
                : .optimize(path: words[1], engine: engine, settings: settings, engineDirectories: directories)
        case ("race", 2...):
            guard let race = SearchRace(words[1]) else { return nil }
            self = .race(race, engineDirectories: Array(words[2...]))
        default: return nil
        }
    }

    /// How long the parent waits before it ends the child.
    var wallClock: Duration {
        switch self {
        case .inspect, .compile, .arrays, .layers, .page, .outline, .difference, .study, .scan, .convert, .contents,
            .weights:
            .seconds(120)
        case .probe, .kernels, .profile, .reference, .replay: .seconds(300)
        case .optimize, .survey, .race: .seconds(900)
        }
    }
}
