import ArgumentParser
import Client
import Engines
import Tensors

struct BenchVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Drives an endpoint with requests, and tells how many and how fast.",
        discussion: """
            Without --rate each connection asks again as soon as it has its answer. With --rate requests are due at \
            fixed times, and latency counts from then: a server that stalls is charged for all that waited. With \
            --sweep the highest rate is found first, and then latency is measured at rates below it.
            """)

    @Argument(help: "The endpoint.", completion: Candidates.endpoints)
    var endpoint: String

    @Option(help: "An NPZ file with arrays named like the inputs (default: made-up inputs).")
    var data: String?

    @Option(help: "Rows of a made-up input whose first dimension is free.")
    var rows = 1

    @Option(help: "Where the server is.")
    var server = "127.0.0.1:8080"

    @Option(
        help: ArgumentHelp(
            "Trust the certificate authorities in this PEM file, and no others, for an https:// server.",
            valueName: "file"),
        completion: .file())
    var ca: String?

    @Option(help: "Keep-alive connections, each with one request at a time.")
    var connections = 8

    @Option(help: "Requests a second (default: as fast as the answers come).")
    var rate: Double?

    @Flag(help: "Then measure latency at rising rates, a fifth of --seconds each.")
    var sweep = false

    @Option(help: "Seconds of load that count.")
    var seconds = 10.0

    @Option(help: "Seconds of load before, that do not count.")
    var warmUp = 0.5

    @Flag(help: "Send tensors as JSON numbers rather than as bytes after the JSON.")
    var jsonTensors = false

    @Option(
        help: ArgumentHelp("Write a page that needs nothing else; sweeps unless --rate is given.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var report: String?

    @OptionGroup var answer: AnswerOptions

    private var plan: LoadPlan {
        var plan = LoadPlan()
        (plan.connections, plan.rate, plan.warmUp, plan.seconds) = (connections, rate, warmUp, seconds)
        return plan
    }

    func validate() throws {
        do throws(ClientError) {
            try plan.validate()
        } catch {
            throw ValidationError(error.message)
        }
        guard (1...65_536).contains(rows), data == nil || rows == 1 else {
            throw ValidationError("--rows takes 1 to 65536, and goes with made-up inputs")
        }
        guard !sweep || rate == nil else { throw ValidationError("--sweep finds the rates itself: leave --rate out") }
    }

    func run() async throws {
        let address = try ServerAddress(server, authorities: ca)
        let bearer = Terminal.environment("SLIPWAY_TOKEN")
        let client = HTTPClient(address)
        let generator = LoadGenerator(address, samples: [try await sample(address, client, bearer)])
        let work = BenchWork(
            generator: generator, meter: ServerMeter(client, endpoint: endpoint, bearer: bearer), answer: answer)
        let (main, isWhole) = try await work.load(plan)
        let sweeps = isWhole && rate == nil && (sweep || report != nil) && main.report.ok > 0
        let result = BenchResult(
            endpoint: endpoint, server: server, plan: plan, requests: requestText, main: main,
            sweep: sweeps ? try await work.sweep(plan, highest: main.report.rate) : [])
        if let report { try OwnFile.write(Array(BenchPage.html(result).utf8), to: report) }
        answer.answer(result.json, name: endpoint) {
            BenchText.lines(result, width: Terminal.isTerminal ? 40 : 30).joined(separator: "\n")
        }
        if let report { answer.say("written: \(report)") }
        if main.report.ok == 0 { throw ExitCode(1) }
    }

    private var requestText: String {
        (data.map { "the arrays of \($0)" } ?? "made-up inputs of \(rows) row\(rows == 1 ? "" : "s")")
            + (jsonTensors ? ", as JSON numbers" : ", as bytes")
    }

    private func sample(_ address: ServerAddress, _ client: HTTPClient, _ bearer: String?) async throws -> LoadSample {
        let signature = try await InferenceClient(client, bearer: bearer).metadata(endpoint: endpoint).signature
        let inputs: [(name: String, tensor: Tensor)]
        if let data {
            let wanted = Set(signature.inputs.map(\.name))
            inputs = try NPZ.read(path: data, limits: .request).filter { wanted.contains($0.name) }
        } else {
            inputs = zip(signature.inputs, try SampleInputs().tensors(for: signature, rows: rows))
                .map { ($0.name, $1) }
        }
        let request = InferenceRequest(
            endpoint: endpoint, inputs: inputs, outputs: signature.outputs.map(\.name), isBinary: !jsonTensors)
        return try LoadSample(request, to: address, bearer: bearer)
    }
}
