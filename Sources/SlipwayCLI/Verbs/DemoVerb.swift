import ArgumentParser
import Glibc
import Home
import Subprocess
import SystemPackage
import Tensors
import UnixSignals

struct DemoVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Puts a trained network into production, updates it under load, and rolls back.",
        discussion: "Everything happens in a home of its own and on free ports of this machine, and is gone afterwards."
    )

    @Option(help: "The folder of the digits example.")
    var examples: String?

    @Flag(help: "Tell another story: how versions are promoted and rolled back by what users meet.")
    var story = false

    @Flag(help: "Leave the server running at the end, until Ctrl-C.")
    var keep = false

    func run() async throws {
        let began = ContinuousClock.now
        let data = try DemoData(folder: examples)
        let home = try TemporaryHome()
        defer { home.remove() }
        let stage = DemoStage(home: home.directory.path)
        try await prepare(stage, data)
        let ledger = try await withServer(stage) { ready, startSeconds, process in
            let ledger = try await play(data, stage, ready["data"]?.stringValue ?? "", startSeconds)
            try await finish(ready, ledger, ContinuousClock.now - began)
            return ledger
        }
        if !ledger.allHeld { throw ExitCode(1) }
    }

    private func play(
        _ data: DemoData, _ stage: DemoStage, _ address: String, _ startSeconds: Double
    ) async throws -> DemoLedger {
        Terminal.answer("    ready \(Quantity.seconds(startSeconds)) after it was started")
        guard !story else {
            var scene = StoryScene(data: data, stage: stage, address: address)
            try await scene.play()
            return scene.ledger
        }
        var scene = DemoScene(data: data, stage: stage, address: address)
        scene.ledger.check("ready in under a second", startSeconds < 1)
        try await scene.play()
        return scene.ledger
    }

    private func prepare(_ stage: DemoStage, _ data: DemoData) async throws {
        let subject = story ? "five versions on their way to their users" : "a trained network goes into production"
        Terminal.answer(Paint.bold("Slipway: \(subject)", on: STDOUT_FILENO))
        Terminal.answer("Handwritten digits, 8x8 pixels; a perceptron first, then a convolutional network.")
        Terminal.answer(
            "\n"
                + Paint.bold(
                    "1. Register it: read in a limited child, checked, run on every engine, measured", on: STDOUT_FILENO
                ))
        let imported = try await stage.show(
            "import", "\(data.folder)/mlp.onnx", "--name", "digits", "--processing", "\(data.folder)/processing.json",
            "--label", "view.pixels=image 8x8/16", "--evaluation", "\(data.folder)/held-out.npz",
            shortening: data.folder)
        guard imported.succeeded else { throw Failure(9012, .failed, "the example could not be imported") }
        Terminal.answer("\n" + Paint.bold("2. Deploy and serve it", on: STDOUT_FILENO))
        try await stage.show("deploy", "digits:1")
        Terminal.answer(
            "  \(Paint.dim("$", on: STDOUT_FILENO)) \(Paint.bold("slipway serve\(story ? " --drift-window 1s" : "")", on: STDOUT_FILENO))"
        )
    }

    private func finish(_ ready: JSONValue, _ ledger: DemoLedger, _ took: Duration) async throws {
        let held = ledger.checks.count { $0.held }
        Terminal.answer(
            "\n\(Paint.bold("\(held) of \(ledger.checks.count) claims held", on: STDOUT_FILENO)), in \(took.components.seconds) s."
        )
        Terminal.answer("Console: http://\(ready["control"]?.stringValue ?? "?")")
        guard keep else { return Terminal.answer("(The server stops now; --keep leaves it running.)") }
        Terminal.answer("The server runs on until Ctrl-C.")
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
    }

    /// Starts the real server as a process, runs `body` once it is ready, and stops it by SIGTERM.
    private func withServer(
        _ stage: DemoStage,
        _ body: @Sendable @escaping (JSONValue, Double, ProcessIdentifier) async throws -> DemoLedger
    ) async throws -> DemoLedger {
        let began = ContinuousClock.now
        var platform = PlatformOptions()
        platform.processGroupID = 0
        let result = try await Subprocess.run(
            .path(FilePath("/proc/self/exe")),
            arguments: Arguments(
                ["serve", "--port", "0", "--control-port", "0", "--json", "--log", "json"]
                    + (story ? ["--drift-window", "1s"] : [])),
            environment: stage.environment, platformOptions: platform, input: .none, output: .sequence,
            error: .discarded
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            guard let line = try await lines.next(), let ready = try? JSONValue.parse(Array(line.utf8)),
                ready["ready"]?.boolValue == true
            else { throw Failure(9013, .unavailable, "the server did not come up") }
            let took = ContinuousClock.now - began
            let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
            defer { try? execution.send(signal: .terminate) }
            return try await body(ready, seconds, execution.processIdentifier)
        }
        guard result.terminationStatus.isSuccess else {
            throw Failure(9014, .failed, "the server did not end as it should: \(result.terminationStatus)")
        }
        return result.closureResult
    }
}
