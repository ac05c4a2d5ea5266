import ArgumentParser
import Client
import Glibc
import Tensors

/// Drives one endpoint with the rows of an example, checks every answer, and prints the figures as a line of JSON.
@main
struct LoadBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Loads one endpoint, checks every answer, prints the figures as JSON; run by scripts/bench.")

    @Option(help: "Where the server listens: host:port.")
    var server: String

    @OptionGroup var sampleOptions: SampleOptions

    @Option(help: "Keep-alive connections, each with one request at a time.")
    var connections = 8

    @Option(help: "Requests a second; without it, each connection asks again as soon as it has its answer.")
    var rate: Double?

    @Option(help: "Seconds of load that are not counted, before the load that is.")
    var warmUp = 0.2

    @Option(help: "Seconds of load that are counted.")
    var seconds = 1.0

    func validate() throws {
        guard (0...3600).contains(warmUp), seconds > 0, seconds <= 3600 else {
            throw ValidationError("--warm-up takes 0 to 3600 seconds, --seconds more than 0 and at most 3600")
        }
    }

    func run() async throws {
        let address = try ServerAddress(server)
        let generator = LoadGenerator(address, samples: try sampleOptions.samples(for: address))
        var load = LoadConfiguration()
        load.connections = connections
        if warmUp > 0 { _ = try await run(generator, load, for: warmUp) }
        if let rate { load.pace = .perSecond(rate) }
        sayBegun()
        let before = Self.processorSeconds()
        let report = try await run(generator, load, for: seconds)
        print(report.json(processorSeconds: Self.processorSeconds() - before).encodedString())
    }

    private func run(
        _ generator: LoadGenerator, _ configuration: LoadConfiguration, for seconds: Double
    ) async throws -> LoadReport {
        let load = try await generator.start(configuration)
        try await Task.sleep(for: .seconds(seconds))
        return await load.stop()
    }

    /// Tells whoever reads standard error that counting starts now, so that they may start disturbing the server.
    private func sayBegun() {
        let word = Array("begun\n".utf8)
        _ = write(STDERR_FILENO, word, word.count)
    }

    /// Processor time of this process so far, user and system.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension LoadReport {
    /// The figures, times in seconds; the timeline stays out.
    ///
    /// - Parameter processorSeconds: what the load itself cost this machine.
    fileprivate func json(processorSeconds: Double) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("seconds", .number(elapsed)), ("sent", .integer(sent)), ("ok", .integer(ok)), ("wrong", .integer(wrong)),
            ("failed", .integer(failed)), ("late", .integer(late)), ("unsent", .integer(unsent)),
            ("rate", .number(rate)), ("generator_cpu_s", .number(processorSeconds)),
            ("versions", .object(versions.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            ("messages", .array(messages.map(JSONValue.string))),
        ]
        if let latency {
            members += [
                ("p50_s", .number(latency.p50)), ("p90_s", .number(latency.p90)), ("p99_s", .number(latency.p99)),
                ("max_s", .number(latency.maximum)),
            ]
        }
        return .object(members)
    }
}
