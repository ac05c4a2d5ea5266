import ArgumentParser
import Client
import Glibc
import Tensors

/// Drives one endpoint with the rows of an example, checks every answer, and prints the figures as a line of JSON.
///
/// Beside `slipway bench` it knows the right answers, and asks a server nothing but inference: rivals have no more.
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

    func run() async throws {
        let address = try ServerAddress(server)
        let generator = LoadGenerator(address, samples: try sampleOptions.samples(for: address))
        var plan = LoadPlan()
        (plan.connections, plan.rate, plan.warmUp, plan.seconds) = (connections, rate, warmUp, seconds)
        var before = 0.0
        let report = try await plan.run(generator) { _ in
            sayBegun()
            before = ProcessorTime.now()
            try await Task.sleep(for: .seconds(seconds))
        }
        let cost = ("generator_cpu_s", JSONValue.number(ProcessorTime.now() - before))
        print(JSONValue.object(report.figures + [cost]).encodedString())
    }

    /// Tells whoever reads standard error that counting starts now, so that they may start disturbing the server.
    private func sayBegun() {
        let word = Array("begun\n".utf8)
        _ = write(STDERR_FILENO, word, word.count)
    }
}
