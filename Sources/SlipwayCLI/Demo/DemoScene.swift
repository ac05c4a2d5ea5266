import Client
import Glibc
import Tensors

/// The scene: a network goes into production, is replaced under load, refuses a broken successor, and comes back from a
/// bad one. Every figure is measured while it runs.
struct DemoScene {
    let data: DemoData
    let stage: DemoStage
    /// `127.0.0.1:PORT`.
    let address: String
    var ledger = DemoLedger()

    /// Requests a second during the changes.
    private static let rate = 400.0

    init(data: DemoData, stage: DemoStage, address: String) {
        self.data = data
        self.stage = stage
        self.address = address
    }

    mutating func play() async throws {
        try await call()
        try await update()
        try await refuse()
        try await comeBack()
    }

    private static func title(_ text: String) { Terminal.answer("\n\(Paint.bold(text, on: STDOUT_FILENO))") }

    // MARK: - Steps

    private mutating func call() async throws {
        Self.title("3. Call it: all \(data.labels.count) held-out images through the HTTP API")
        let (accuracy, seconds) = try await accuracy()
        ledger.check(
            "accuracy over HTTP \(accuracy), in Python \(data.expected["mlp"] ?? .nan)",
            accuracy == data.expected["mlp"])
        Terminal.answer(
            "    one image a request, one connection: p50 \(Quantity.seconds(seconds.p50)), p99 \(Quantity.seconds(seconds.p99))"
        )
    }

    private mutating func update() async throws {
        Self.title("4. Update it under a steady load of \(Int(Self.rate)) requests a second")
        let server = try ServerAddress(address)
        var configuration = LoadConfiguration()
        configuration.pace = .perSecond(Self.rate)
        let load = try await LoadGenerator(server, samples: try data.samples(for: server)).start(configuration)
        let imported = try await stage.show(
            "import", "\(data.folder)/cnn.onnx", "--name", "digits", "--processing", "\(data.folder)/processing.json",
            "--label", "view.pixels=image 8x8/16", "--evaluation", "\(data.folder)/held-out.npz",
            shortening: data.folder)
        let canary = try await stage.show("deploy", "digits:2", "--canary", "10%")
        let before = load.snapshot()
        await wait(for: load, answers: before.ok + before.wrong + 800)
        let during = load.snapshot()
        let second = (during.versions["2"] ?? 0) - (before.versions["2"] ?? 0)
        let all = max(1, during.ok + during.wrong - before.ok - before.wrong)
        Terminal.answer(
            "    of \(all) answers, digits:2 gave \(second): \(Quantity.percent(Double(second) / Double(all), places: 1))"
        )
        let promoted = try await stage.show("promote", "digits")
        await wait(for: load, answers: load.snapshot().ok + 400)
        let report = await load.stop()
        ledger.check(
            "import, canary and promotion succeeded", imported.succeeded && canary.succeeded && promoted.succeeded)
        ledger.check("a tenth of the traffic went to the canary", (0.05...0.16).contains(Double(second) / Double(all)))
        ledger.check(
            "\(Quantity.count(report.ok)) answers during the changes: \(report.failed) failed, \(report.wrong) wrong",
            report.failed == 0 && report.wrong == 0 && report.ok > 0)
        if let latency = report.latency {
            Terminal.answer(
                "    latency meanwhile: p50 \(Quantity.seconds(latency.p50)), p99 \(Quantity.seconds(latency.p99))")
        }
        DemoTimeline.show(report)
        let (accuracy, _) = try await accuracy()
        ledger.check(
            "accuracy over HTTP is now \(accuracy), in Python \(data.expected["cnn"] ?? .nan)",
            accuracy == data.expected["cnn"])
    }

    private mutating func refuse() async throws {
        Self.title("5. A version that cannot run never disturbs the one that does")
        try await stage.show(
            "import", "\(data.folder)/broken.onnx", "--name", "digits", "--no-run", shortening: data.folder)
        let outcome = try await stage.show("deploy", "digits:3")
        let (accuracy, _) = try await accuracy()
        ledger.check(
            "digits:3 was refused and digits:2 answers on", !outcome.succeeded && accuracy == data.expected["cnn"])
    }

    private mutating func comeBack() async throws {
        Self.title("6. A version that runs but is wrong: out, and back again")
        try await stage.show(
            "import", "\(data.folder)/bad.onnx", "--name", "digits", "--processing", "\(data.folder)/processing.json",
            "--evaluation", "\(data.folder)/held-out.npz", shortening: data.folder)
        try await stage.show("deploy", "digits:4")
        let (bad, _) = try await accuracy()
        Terminal.answer("    accuracy over HTTP: \(Quantity.percent(bad))")
        let outcome = try await stage.show("rollback")
        let (accuracy, _) = try await accuracy()
        ledger.check(
            "rolled back in \(Quantity.seconds(outcome.seconds)); accuracy is \(Quantity.percent(accuracy)) again",
            outcome.succeeded && outcome.seconds < 2 && accuracy == data.expected["cnn"])
        try await stage.show("history", "digits")
        try await stage.show("status")
    }

    // MARK: - Measuring

    /// Accuracy over all held-out images, one request each, by the class of the largest logit.
    private func accuracy() async throws -> (accuracy: Double, seconds: (p50: Double, p99: Double)) {
        let client = InferenceClient(HTTPClient(try ServerAddress(address)))
        var correct = 0
        var times: [Double] = []
        for index in data.labels.indices {
            let reply = try await client.infer(
                InferenceRequest(
                    endpoint: "digits", inputs: [(name: "pixels", tensor: try data.row(index))], outputs: ["logits"],
                    isBinary: true))
            let scores = reply["logits"]?.values(as: Float.self) ?? []
            let best = scores.indices.max { scores[$0] < scores[$1] }
            if best == data.labels[index] { correct += 1 }
            times.append(Double(reply.latency.components.attoseconds) / 1e18)
        }
        times.sort()
        return (
            Double(correct) / Double(data.labels.count), (times[times.count / 2], times[times.count * 99 / 100])
        )
    }

    /// Waits until the load has had this many right answers, or for ten seconds.
    private func wait(for load: LoadRun, answers: Int) async {
        let deadline = ContinuousClock.now + .seconds(10)
        while load.snapshot().ok < answers, ContinuousClock.now < deadline {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}
