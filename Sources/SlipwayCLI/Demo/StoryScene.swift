import Client
import Glibc
import Tensors

/// The story: five versions on their way to their traffic, and what becomes of each, decided by what users meet.
struct StoryScene {
    let data: DemoData
    let stage: DemoStage
    /// `127.0.0.1:PORT`.
    let address: String
    var ledger = DemoLedger()

    private var users: StoryUsers { StoryUsers(data: data, address: address) }

    init(data: DemoData, stage: DemoStage, address: String) {
        self.data = data
        self.stage = stage
        self.address = address
    }

    mutating func play() async throws {
        try await good()
        try await wrong()
        try await slow()
        try await incident()
        try await drift()
    }

    // MARK: - Acts

    private mutating func good() async throws {
        title("3. A good version: promoted as soon as that is known")
        tell(
            "\(Int(StoryUsers.rate)) requests a second; \(Int(StoryUsers.clumsyRate)) more are malformed, as on any day."
        )
        let careful = try await users.arrive(.careful, perSecond: StoryUsers.rate)
        let clumsy = try await users.arrive(.clumsy, perSecond: StoryUsers.clumsyRate)
        try await importing("\(data.folder)/cnn.onnx", "--evaluation", "\(data.folder)/held-out.npz")
        let strategy = ["--strategy", "canary", "--steps", "10%,25%,50%", "--step-duration", "2m", "--ignore-latency"]
        tell("digits:2 will be a larger network, which may take longer: its latency does not count.")
        await wait("traffic that a plan can speak of", 20) {
            try await stage.run(["plan", "digits:2"] + strategy).output.contains("10 times the errors")
        }
        try await stage.show(["plan", "digits:2"] + strategy)
        try await stage.show(["deploy", "digits:2"] + strategy)
        let began = ContinuousClock.now
        let rollout = await ending(within: 120)
        let seconds = Int((ContinuousClock.now - began).components.seconds)
        let report = await careful.stop()
        _ = await clumsy.stop()
        try await showDecision(report)
        ledger.check(
            "digits:2 was promoted after \(seconds) s of a schedule of six minutes",
            state(rollout) == "promoted" && last(rollout)?["reason"]?.stringValue?.contains("less than") == true)
        check(report)
    }

    private mutating func wrong() async throws {
        title("4. A wrong version: it never fails, and calls every digit by another's name")
        let careful = try await users.arrive(.careful, perSecond: StoryUsers.rate)
        try await importing("\(data.folder)/bad.onnx")
        try await stage.show([
            "deploy", "digits:3", "--strategy", "canary", "--steps", "10%,50%", "--max-disagreement", "5%",
        ])
        let rollout = await ending(within: 60)
        let report = await careful.stop()
        try await showDecision(report)
        let pairs = last(rollout)?["canaryRequests"]?.intValue ?? 0
        ledger.check(
            "digits:3 was rolled back by its answers, after \(pairs) compared pairs",
            state(rollout) == "rolled back" && last(rollout)?["stream"]?.stringValue == "disagreement"
                && (1...30).contains(pairs))
        ledger.check(
            "\(Quantity.count(report.ok)) right answers meanwhile, \(report.wrong) wrong, \(report.failed) failed",
            report.failed == 0 && report.wrong < report.ok / 10)
    }

    private mutating func slow() async throws {
        title("5. A slow version: the same answers, five milliseconds later")
        let file = "\(stage.home)/slow.onnx"
        try SlowModel.write(file, slowing: "\(data.folder)/cnn.onnx", classes: 10)
        let careful = try await users.arrive(.careful, perSecond: StoryUsers.rate)
        try await importing(file)
        try await stage.show(["deploy", "digits:4", "--strategy", "canary", "--steps", "10%,50%"])
        let rollout = await ending(within: 60)
        let report = await careful.stop()
        try await showDecision(report)
        let stream = last(rollout)?["stream"]?.stringValue ?? ""
        ledger.check(
            "digits:4 was rolled back for its latency", state(rollout) == "rolled back" && stream.hasPrefix("slower"))
        check(report)
    }

    private mutating func incident() async throws {
        title("6. An incident: a program upstream breaks while digits:1 is a canary")
        let careful = try await users.arrive(.careful, perSecond: StoryUsers.rate)
        try await stage.show([
            "deploy", "digits:1", "--strategy", "canary", "--steps", "30%", "--step-duration", "1h", "--ignore-latency",
        ])
        await follow("requests of the canary", 30) { ($0["canaryRequests"]?.intValue ?? 0) > 200 }
        tell("now \(Int(StoryUsers.brokenRate)) malformed requests a second come as well …")
        let broken = try await users.arrive(.clumsy, perSecond: StoryUsers.brokenRate)
        await follow("the incident", 30) { $0["incident"]?.boolValue == true }
        let during = await follow("failures on both versions", 30) { last in
            (last["streams"]?.arrayValue?.first?["canary"]?.intValue ?? 0) > 100
        }
        try await stage.show(["rollout", "digits"])
        ledger.check(
            "the rollout holds at 30 %, and nobody is blamed",
            state(during) == "running" && during["share"]?.intValue == 3000
                && during["holding"]?.stringValue?.contains("nobody is blamed") == true)
        let failed = await broken.stop().failed
        tell("… \(Quantity.count(failed)) of them in all. The program upstream is mended.")
        let after = await follow("calm", 60) { $0["incident"]?.boolValue == false && $0["holding"]?.isNull == true }
        try await stage.show(["rollout", "abort", "digits"])
        ledger.check(
            "the rollout went on by itself",
            state(after) == "running" && last(after)?["kind"]?.stringValue == "resume")
        check(await careful.stop())
    }

    private mutating func drift() async throws {
        title("7. Drift: light and dark are exchanged, and every answer is still 200")
        let inverted = try await users.arrive(.inverted, perSecond: StoryUsers.rate)
        var pixels = 0
        await wait("drift", 60) {
            let report = try JSONValue.parse(Array(try await stage.run(["drift", "digits", "--json"]).output.utf8))
            let drifting = report["versions"]?.arrayValue?.first?["drifting"]?.arrayValue ?? []
            pixels = drifting.compactMap(\.stringValue).count { $0.hasPrefix("pixels") }
            return pixels > 40
        }
        let load = await inverted.stop()
        try await stage.show(["drift", "digits"], lines: 14)
        ledger.check(
            "drift was noticed \(Quantity.fixed(load.elapsed, 1)) s after it began, in \(pixels) of 64 pixels",
            pixels > 40)
    }
}

// MARK: - Steps of an act

extension StoryScene {
    private func title(_ text: String) { Terminal.answer("\n\(Paint.bold(text, on: STDOUT_FILENO))") }
    private func tell(_ text: String) { Terminal.answer("    \(text)") }

    private func importing(_ file: String, _ more: String...) async throws {
        let outcome = try await stage.show(
            ["import", file, "--name", "digits", "--processing", "\(data.folder)/processing.json"] + more,
            shortening: data.folder)
        guard outcome.succeeded else { throw Failure(9012, .failed, "the example could not be imported") }
    }

    /// Follows a rollout until it is over, or the time is.
    private func ending(within seconds: Int) async -> JSONValue {
        let rollout = await follow("the verdict", seconds) { $0["over"]?.boolValue == true }
        // What follows needs an endpoint that has come to rest.
        if rollout["over"]?.boolValue != true { _ = try? await stage.run(["rollout", "abort", "digits"]) }
        return rollout
    }

    /// Follows a rollout until something is known.
    @discardableResult
    private func follow(
        _ what: String, _ seconds: Int, until condition: (JSONValue) -> Bool
    ) async -> JSONValue {
        var rollout = JSONValue.null
        await wait(what, seconds) {
            rollout = try JSONValue.parse(Array(try await stage.run(["rollout", "digits", "--json"]).output.utf8))
            Terminal.progress("    " + (RolloutText.head(rollout).split(separator: "\n").first.map(String.init) ?? ""))
            return condition(rollout)
        }
        return rollout
    }

    /// Waits until something is so, or for so many seconds: what was claimed is then found untrue.
    private func wait(_ what: String, _ seconds: Int, until condition: () async throws -> Bool) async {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while (try? await condition()) != true {
            guard ContinuousClock.now < deadline else { return tell("(waited \(seconds) s in vain for \(what))") }
            try? await Task.sleep(for: .milliseconds(100))
        }
        Terminal.progress("")
    }

    private func showDecision(_ report: LoadReport) async throws {
        try await stage.show(["rollout", "digits"])
        DemoTimeline.show(report)
    }

    private mutating func check(_ report: LoadReport) {
        ledger.check(
            "\(Quantity.count(report.ok)) well-formed requests meanwhile: \(report.failed) failed, \(report.wrong) wrong",
            report.failed == 0 && report.wrong == 0 && report.ok > 0)
    }

    private func state(_ rollout: JSONValue) -> String { rollout["state"]?.stringValue ?? "" }
    private func last(_ rollout: JSONValue) -> JSONValue? { rollout["decisions"]?.arrayValue?.last }
}
