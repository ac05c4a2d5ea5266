import ArgumentParser
import Glibc
import Home
import Registry
import Tensors
import Workshop

struct ShowVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows what is in a model file, or all that is known about a version.")

    @Argument(help: "An ONNX file, or a version such as digits:3.", completion: Candidates.filesAndVersions)
    var subject: String

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        if Self.looksLikeFile(subject) {
            try await showFile()
        } else {
            try await showVersion(try Reference(subject))
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
        let inspection = try await ChildRunner().inspect(path: subject)
        answer.answer(inspection.summary, name: subject) {
            SummaryText.lines(inspection.summary, title: subject).joined(separator: "\n")
        }
    }

    private func showVersion(_ reference: Reference) async throws {
        let registry = try homeOptions.registry()
        let record = try registry.resolve(reference)
        let description = try registry.description(record.digest)
        let referrers = try registry.referrers(of: record.digest)
        let aliases = try registry.aliases(of: record.model).filter { $0.number == record.number.value }.map(\.name)
        let summary = try await ChildRunner().inspect(path: registry.modelFilePath(record.digest)).summary
        guard case .object(var members) = VersionText.json(record, signature: description.signature) else { return }
        members.append(.init(key: "aliases", value: .array(aliases.map(JSONValue.string))))
        members.append(.init(key: "processing", value: description.processing ?? .null))
        members.append(.init(key: "summary", value: summary))
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
            if let processing = description.processing { lines.append("  declared \(processing.encodedString())") }
            lines += SummaryText.lines(summary, title: nil)
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
        case .provenance: return "  trained  \(referrer.payload.encodedString())"
        default: return "  \(referrer.kind.rawValue)  \(referrer.name)"
        }
    }
}
