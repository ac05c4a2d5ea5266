import ArgumentParser
import Client
import Control
import Engines
import Glibc
import Tensors

struct PredictVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Calls an endpoint, or scores a file with a version.",
        discussion: """
            With --data an endpoint of a running server is called. With --input and --output a version of this home is \
            run here, on every row of a file of any size; a run that was interrupted goes on where it was.
            """)

    @Argument(help: "The endpoint; with --input a version such as digits:3.", completion: Candidates.versions)
    var target: String

    @Option(help: "An NPZ file: arrays named like the inputs; or a V2 request as JSON (- reads standard input).")
    var data: String?

    @Option(help: "Where the server is (default: 127.0.0.1:8080).")
    var server = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities in this PEM file, and no others, for an https:// server.",
            valueName: "file"),
        completion: .file())
    var ca: String?

    @Option(help: "The version to ask.")
    var version: String?

    @OptionGroup(title: "Scoring a file") var scoring: ScoringFlags
    @OptionGroup var homeOptions: HomeOptions

    @Option(
        name: [.customShort("o"), .long],
        help: "With --input the file to write (.csv, .jsonl, .npy or .npz); else the form of the answer.")
    var output: String?

    @Flag(help: "Answer as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say nothing beside the answer.")
    var quiet = false

    private var answer: AnswerOptions {
        var answer = AnswerOptions()
        answer.output = scoring.input == nil ? output.flatMap(AnswerFormat.init) ?? .table : .table
        answer.json = json
        answer.quiet = quiet
        return answer
    }

    func validate() throws {
        guard scoring.input == nil || output != nil else {
            throw ValidationError("--input needs --output: the file that the answers go to")
        }
        guard scoring.input != nil || output.map({ AnswerFormat(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("with --data, --output is table, json, jsonl or name")
        }
        guard (data == nil) != (scoring.input == nil) else {
            throw ValidationError("give either --data, to call an endpoint, or --input and --output, to score a file")
        }
        guard scoring.input == nil || version == nil else {
            throw ValidationError("with --input the version is a part of the name, as in digits:3")
        }
    }

    func run() async throws {
        if let input = scoring.input, let output {
            return try await BatchScoring(target, scoring, homeOptions, answer).run(input: input, output: output)
        }
        let client = HTTPClient(try ServerAddress(server, authorities: ca))
        let headers = Terminal.environment("SLIPWAY_TOKEN").map { [HTTPHeader.bearer($0)] } ?? []
        let data = data ?? "-"
        if data.hasSuffix(".npz") {
            let model = InferenceClient(client, bearer: Terminal.environment("SLIPWAY_TOKEN"))
            let wanted = try await model.metadata(endpoint: target, version: version).signature.inputs.map(\.name)
            let arrays = try NPZ.read(path: data, limits: .request).filter { wanted.contains($0.name) }
            let reply = try await model.infer(
                InferenceRequest(endpoint: target, version: version, inputs: arrays, isBinary: true))
            return print(reply)
        }
        let path = "/v2/models/\(target)\(version.map { "/versions/\($0)" } ?? "")/infer"
        let reply = try await client.request("POST", path, headers: headers, body: try JSONFile.bytes(data))
            .successful()
        Terminal.answer(bytes: reply.body + [UInt8(ascii: "\n")])
    }

    private func print(_ reply: InferenceReply) {
        let outputs = reply.outputs.map { output -> JSONValue in
            .object([
                ("name", .string(output.name)), ("datatype", .string(output.tensor.elementType.displayName)),
                ("shape", .array(output.tensor.shape.dimensions.map(JSONValue.integer))),
                ("data", .array(output.tensor.jsonElements)),
            ])
        }
        answer.answer(
            .object([
                ("model_name", .string(reply.modelName)),
                ("model_version", reply.modelVersion.map(JSONValue.string) ?? .null), ("outputs", .array(outputs)),
            ]), name: reply.modelName
        ) {
            reply.outputs.map { output in
                let values = output.tensor.jsonElements.map { $0.stringValue ?? $0.encodedString() }
                return "\(output.name)  \(output.tensor.elementType.displayName) \(output.tensor.shape)\n  "
                    + values.prefix(32).joined(separator: " ") + (values.count > 32 ? " …" : "")
            }.joined(separator: "\n")
        }
        answer.say("version \(reply.modelVersion ?? "?"), \(Quantity.seconds(reply.latency))")
    }
}
