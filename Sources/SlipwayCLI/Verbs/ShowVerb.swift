import ArgumentParser
import Glibc
import Home
import Pipelines
import Registry
import Tensors
import Workshop

struct ShowVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows what is in a model file, or all that is known about a version.",
        discussion: """
            EXAMPLES
              slipway show model.onnx                           inputs, outputs, size, operators
              slipway show digits:3 --layers --batch 1          each layer with its shapes and costs
              slipway show model.onnx --graph model.html        a page to look around in, without a network
              slipway show digits:2 digits:3                    what differs between two models
            """)

    @Argument(
        help:
            "An ONNX file, a file of weights (safetensors, PyTorch), a scikit-learn pickle, a Keras or TFLite file, a SavedModel's folder, or a version such as digits:3.",
        completion: Candidates.filesAndVersions)
    var subject: String

    @Argument(help: "Another one: show what differs.", completion: Candidates.filesAndVersions)
    var other: String?

    @Flag(help: "List the layers: shape, parameters, FLOPs, memory; and what they come to.")
    var layers = false

    @Option(help: ArgumentHelp("Write the graph as a page that needs nothing else.", valueName: "file.html"))
    var graph: String?

    @Option(help: ArgumentHelp("Rows to assume where the model leaves them open.", valueName: "rows"))
    var batch: Int?

    @Option(
        name: .customLong("size"),
        help: ArgumentHelp(
            "A size to assume for a dimension that the model names and leaves open; may be repeated.",
            valueName: "name=size"))
    var namedSizes: [String] = []

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard batch.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw ValidationError("--batch takes 1 to 1000000 rows")
        }
        let sizes = try sizes()
        guard other == nil || !layers && graph == nil && sizes.isEmpty else {
            throw ValidationError("two models are compared; --layers, --graph, --batch and --size are for one")
        }
        guard sizes.isEmpty || layers || graph != nil else {
            throw ValidationError("--batch and --size go with --layers or --graph")
        }
    }

    private func sizes() throws -> OpenSizes {
        var sizes = OpenSizes(batch: batch)
        for text in namedSizes {
            guard let equals = text.lastIndex(of: "="), equals > text.startIndex,
                let size = Int(text[text.index(after: equals)...]), (1...1_000_000_000).contains(size)
            else {
                throw ValidationError("--size takes a name and a size, such as time=12, found '\(text.prefix(80))'")
            }
            sizes.named[String(text[..<equals])] = size
        }
        return sizes
    }

    func run() async throws {
        if let other {
            try await DifferenceVerbs.show(subject, other, homeOptions, answer)
        } else if layers || graph != nil {
            let model = try ModelSubject(subject, homeOptions)
            if let graph { try await write(model, to: graph) }
            if layers { try await list(model) }
        } else if Self.looksLikeFile(subject) {
            if PipelineImporter.isPipeline(subject) { return try showPipelineFile() }
            try await showFile()
        } else {
            try await showVersion(try Reference(subject))
        }
    }

    private func list(_ model: ModelSubject) async throws {
        let report = try await ChildRunner().layers(path: model.path, sizes: try sizes())
        answer.answer(report, name: subject) { LayerText.text(report, title: model.title, width: Terminal.width) }
    }

    private func write(_ model: ModelSubject, to path: String) async throws {
        let report = try await OwnFile.replace(path) { descriptor in
            try await ChildRunner().writePage(
                of: model.path, sizes: try sizes(), title: model.title, to: descriptor)
        }
        let size = report["bytes"]?.intValue ?? 0
        if layers {
            answer.say("written: \(path), \(Quantity.bytes(size))")
        } else {
            answer.answer(
                .object([
                    ("page", .string(path)), ("bytes", .integer(size)), ("nodes", report["nodes"] ?? .null),
                ]), name: path
            ) { "\(path)  \(Quantity.bytes(size)), \(Quantity.count(report["nodes"]?.intValue ?? 0)) nodes" }
            answer.say("open it in a browser; it loads nothing from anywhere")
        }
    }

    static func looksLikeFile(_ text: String) -> Bool {
        text.contains("/") || text.hasSuffix(".onnx") || access(text, F_OK) == 0 && !isDirectory(text)
    }

    /// A folder `digits` beside the person does not hide the model `digits`.
    private static func isDirectory(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    private func showFile() async throws {
        let inspection: ModelInspection
        switch try await ChildRunner().look(at: subject) {
        case .model(let found): inspection = found
        case .foreign(let contents):
            return answer.answer(contents, name: subject) {
                ForeignText.lines(contents, title: subject).joined(separator: "\n")
            }
        }
        let summary = inspection.summary(besideModel: subject)
        answer.answer(summary, name: subject) {
            SummaryText.lines(summary, title: subject).joined(separator: "\n")
        }
    }

    /// A pipeline that is not imported yet, checked against the models of the home.
    private func showPipelineFile() throws {
        let plan = try PipelineImporter(registry: try homeOptions.registry()).plan(subject)
        answer.answer(
            .object([("signature", plan.signature.json), ("pipeline", plan.spec.json)]), name: subject
        ) { ([subject] + VersionText.signature(plan.signature) + PipelineText.lines(plan)).joined(separator: "\n") }
    }

    private func showVersion(_ reference: Reference) async throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(reference)
        let description = try registry.description(record.digest)
        let referrers = try registry.referrers(of: record.digest)
        let aliases = try registry.aliases(of: record.model).filter { $0.number == record.number.value }.map(\.name)
        let plan = try registry.pipelinePlan(record.digest)
        let summary =
            plan == nil ? try await ChildRunner().inspect(path: registry.modelFilePath(record.digest)).summary : .null
        guard case .object(var members) = VersionText.json(record, signature: description.signature) else { return }
        members.append(.init(key: "aliases", value: .array(aliases.map(JSONValue.string))))
        members.append(.init(key: "processing", value: description.processing ?? .null))
        members.append(.init(key: "summary", value: summary))
        if let plan { members.append(.init(key: "pipeline", value: plan.spec.json)) }
        members.append(
            .init(
                key: "known",
                value: .array(
                    referrers.map {
                        .object([
                            ("kind", .string($0.kind.rawValue)), ("name", .string($0.name)),
                            ("at", .string($0.createdAt.description)), ("payload", $0.payload),
                        ])
                    })))
        answer.answer(.object(members), name: record.reference.description) {
            var lines = ["\(record.reference)  \(record.digest)"]
            if !aliases.isEmpty { lines.append("  aliases  " + aliases.map { "@\($0)" }.joined(separator: " ")) }
            if !record.note.isEmpty { lines.append("  note     \(record.note)") }
            lines.append("  source   \(record.source), imported \(record.createdAt)")
            for (key, value) in record.labels.sorted(by: { $0.key < $1.key }) {
                lines.append("  label    \(key)=\(value)")
            }
            if let processing = description.processing {
                lines += ProcessingText.lines(processing)
            }
            if let plan {
                lines += VersionText.signature(plan.signature) + PipelineText.lines(plan)
            } else {
                lines += SummaryText.lines(summary, title: nil)
            }
            lines += referrers.compactMap(Self.line)
            return lines.joined(separator: "\n")
        }
    }

    private static func line(_ referrer: Referrer) -> String? {
        switch referrer.kind {
        case .evaluation:
            let accuracy = referrer.payload["accuracy"]?.doubleValue.map { "accuracy \(Quantity.percent($0))" }
            return "  measured \(accuracy ?? "regression") on \(referrer.name), \(referrer.createdAt)"
        case .comparison:
            let engines = referrer.payload["engines"]?.arrayValue ?? []
            let words = engines.map { engine in
                let name = engine["engine"]?.stringValue ?? "?"
                guard engine["runs"]?.boolValue == true else { return "\(name) does not run it" }
                return engine["agrees"]?.boolValue == false ? "\(name) disagrees" : "\(name) runs it"
            }
            return engines.isEmpty ? "  engines  not checked" : "  engines  \(words.joined(separator: ", "))"
        case .tuning: return "  tuned    \(TuningText.line(referrer.payload)), \(referrer.createdAt)"
        case .lineage where referrer.name == "source": return "  made     \(ForeignText.source(referrer.payload))"
        case .lineage where referrer.name == "optimize": return "  made     \(OptimizeText.line(referrer.payload))"
        case .prepared: return nil
        case .seal: return "  signed   by the key \(referrer.name.prefix(12))…, \(referrer.createdAt)"
        case .provenance: return "  trained  \(referrer.payload.encodedString())"
        default: return "  \(referrer.kind.rawValue)  \(referrer.name)"
        }
    }
}

/// A model that a person names: a file, or a version of the home.
struct ModelSubject {
    let path: String
    /// The file's name, or the reference.
    let title: String

    init(_ text: String, _ options: HomeOptions) throws {
        if ShowVerb.looksLikeFile(text) {
            path = text
            title = text.split(separator: "/").last.map(String.init) ?? text
        } else {
            let registry = try options.registry()
            let record = try registry.resolve(try Reference(text))
            path = try registry.modelFilePath(record.digest)
            title = record.reference.description
        }
    }
}
