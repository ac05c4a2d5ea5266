import ArgumentParser
import Client
import Control
import Tensors

struct PredictVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict", abstract: "Calls an endpoint with rows of an NPZ file, or with a request as JSON.")

    @Argument(help: "The endpoint.", completion: Candidates.endpoints)
    var endpoint: String

    @Option(help: "An NPZ file: arrays named like the inputs; or a V2 request as JSON (- reads standard input).")
    var data: String

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

    @OptionGroup var answer: AnswerOptions

    func run() async throws {
        let client = HTTPClient(try ServerAddress(server, authorities: ca))
        let headers = Terminal.environment("SLIPWAY_TOKEN").map { [HTTPHeader.bearer($0)] } ?? []
        if data.hasSuffix(".npz") {
            let model = InferenceClient(client, bearer: Terminal.environment("SLIPWAY_TOKEN"))
            let wanted = try await model.metadata(endpoint: endpoint, version: version).signature.inputs.map(\.name)
            let arrays = try NPZ.read(path: data, limits: .request).filter { wanted.contains($0.name) }
            let reply = try await model.infer(
                InferenceRequest(endpoint: endpoint, version: version, inputs: arrays, isBinary: true))
            return print(reply)
        }
        let path = "/v2/models/\(endpoint)\(version.map { "/versions/\($0)" } ?? "")/infer"
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
