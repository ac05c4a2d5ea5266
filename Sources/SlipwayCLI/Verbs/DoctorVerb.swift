import ArgumentParser
import Engines
import Tensors

struct DoctorVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at everything Slipway needs, and says what is wrong and how to mend it.",
        discussion: """
            Engines, processor, memory, disk, clock, rights, database, blobs, ports, certificate, server and environment: a line \
            each, ok, warn or fail. Nothing is changed. The exit code is 1 when a line says fail.
            """)

    @Flag(help: "Read every stored byte, not only some.")
    var deep = false

    @Option(
        help: "Write what was found into this JSON file, without secrets, for somebody who is to help.",
        completion: .file(extensions: ["json"]))
    var bundle: String?

    @OptionGroup var tls: TLSOptions
    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let directory = try homeOptions.directory()
        let engines = try homeOptions.engineDirectory()
        var doctor = Doctor(home: directory, catalog: EngineCatalog(directory: engines), engineDirectory: engines)
        doctor.isDeep = deep
        doctor.tls = tls.files
        let findings = await doctor.examine { subject in
            if answer.format == .table, !answer.quiet { Terminal.progress("looking at \(subject) …") }
        }
        Terminal.progress("")
        answer.answer(list: findings.map { ($0.json, "\($0.state.rawValue) \($0.subject)") }) {
            DoctorFinding.text(findings, width: Terminal.width)
        }
        if let bundle {
            let contents = SupportBundle(
                findings: findings, home: directory, system: doctor.system, userHome: Terminal.environment("HOME"))
            try OwnFile.write(contents.json.encoded(pretty: true) + [UInt8(ascii: "\n")], to: bundle)
            answer.say("written: \(bundle); look at it before you pass it on")
        }
        answer.say(Self.verdict(findings))
        if findings.contains(where: { $0.state == .fail }) { throw ExitCode(1) }
    }

    private static func verdict(_ findings: [DoctorFinding]) -> String {
        let failed = findings.count { $0.state == .fail }
        let warned = findings.count { $0.state == .warn }
        switch (failed, warned) {
        case (0, 0): return "everything is as it should be"
        case (0, _): return "it works; \(warned) to look at"
        default: return "\(failed) to mend, \(warned) to look at"
        }
    }
}
