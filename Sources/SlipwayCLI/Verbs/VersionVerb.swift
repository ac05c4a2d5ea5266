import ArgumentParser
import Engines
import Tensors

struct VersionVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Shows the version of Slipway and of the engines it finds.")

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() throws {
        let findings = try homeOptions.engines().survey()
        let engines = findings.map { finding -> JSONValue in
            .object([
                ("engine", .string(finding.kind.rawValue)), ("version", finding.version.map(JSONValue.string) ?? .null),
                ("devices", .array(finding.devices.map { .string($0.description) })),
                ("problem", finding.problem.map { .string($0.message) } ?? .null),
            ])
        }
        answer.answer(.object([("version", .string(Version.text)), ("engines", .array(engines))]), name: Version.text) {
            (["slipway \(Version.text)"]
                + findings.map { finding in
                    let devices = finding.devices.map(\.description).joined(separator: ", ")
                    return "  \(finding.kind.displayName)  "
                        + (finding.version.map { "\($0) (\(devices))" } ?? finding.problem?.message ?? "missing")
                }).joined(separator: "\n")
        }
    }
}
