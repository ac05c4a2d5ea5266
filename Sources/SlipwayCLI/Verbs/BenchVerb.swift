import ArgumentParser
import Client
import Engines
import Tensors
import UnixSignals

struct BenchVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Drives an endpoint with requests, and tells how many and how fast.",
        discussion: """
            Without --rate each connection asks again as soon as it has its answer. With --rate requests are due at \
            fixed times, and latency counts from then: a server that stalls is charged for all that waited.
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

    @Option(help: "Seconds of load that count.")
    var seconds = 10.0

    @Option(help: "Seconds of load before, that do not count.")
    var warmUp = 0.5

    @Flag(help: "Send tensors as JSON numbers rather than as bytes after the JSON.")
    var jsonTensors = false

    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard (0...3600).contains(warmUp), seconds > 0, seconds <= 86_400 else {
            throw ValidationError("--seconds takes more than 0 and at most 86400, --warm-up 0 to 3600")
        }
        guard (1...65_536).contains(rows), data == nil || rows == 1 else {
            throw ValidationError("--rows takes 1 to 65536, and goes with made-up inputs")
        }
        guard (1...4096).contains(connections), rate.map({ $0 >= 0.001 && $0 <= 1e7 }) ?? true else {
            throw ValidationError("--connections takes 1 to 4096, --rate 0.001 to 10000000 a second")
        }
    }

    func run() async throws {
        let address = try ServerAddress(server, authorities: ca)
        let generator = LoadGenerator(address, samples: [try await sample(address)])
        var load = LoadConfiguration()
        load.connections = connections
        if warmUp > 0 {
            let run = try await generator.start(load)
            try await Task.sleep(for: .seconds(warmUp))
            _ = await run.stop()
        }
        if let rate { load.pace = .perSecond(rate) }
        let report = await watch(try await generator.start(load))
        answer.answer(BenchText.json(report), name: endpoint) {
            BenchText.lines(report, width: Terminal.isTerminal ? 40 : 30).joined(separator: "\n")
        }
        if report.ok == 0 { throw ExitCode(1) }
    }

    private func sample(_ address: ServerAddress) async throws -> LoadSample {
        let bearer = Terminal.environment("SLIPWAY_TOKEN")
        let model = InferenceClient(HTTPClient(address), bearer: bearer)
        let signature = try await model.metadata(endpoint: endpoint).signature
        let inputs: [(name: String, tensor: Tensor)]
        if let data {
            let wanted = Set(signature.inputs.map(\.name))
            inputs = try NPZ.read(path: data).filter { wanted.contains($0.name) }
        } else {
            inputs = zip(signature.inputs, try SampleInputs().tensors(for: signature, rows: rows))
                .map { ($0.name, $1) }
        }
        let request = InferenceRequest(
            endpoint: endpoint, inputs: inputs, outputs: signature.outputs.map(\.name), isBinary: !jsonTensors)
        return try LoadSample(request, to: address, bearer: bearer)
    }

    /// Lets the load run its time, or until Ctrl-C, and shows how it goes.
    private func watch(_ run: LoadRun) async -> LoadReport {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await _ in signals { return true }
                return false
            }
            group.addTask { [seconds, answer] in
                var progress = ProgressLine("bench", answer)
                defer { progress.end() }
                while !Task.isCancelled {
                    let elapsed = run.snapshot().elapsed
                    progress.show(Int(min(elapsed, seconds) * 1000), of: Int(seconds * 1000))
                    if elapsed >= seconds { break }
                    try? await Task.sleep(for: .seconds(min(0.1, max(0.001, seconds - elapsed))))
                }
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
        if ended { answer.say("stopped early") }
        return await run.stop()
    }
}
