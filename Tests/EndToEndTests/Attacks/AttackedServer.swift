import Client
import Glibc
import Tensors
import TestSupport
import Testing

/// A server under attack, and what must hold of it whatever comes: invariants I1 to I6 of the attack list.
struct AttackedServer: Sendable {
    let slipway: Slipway
    let server: Slipway.Server
    private let quiet: Footprint
    private let blobs: [String]
    private let generator: LoadGenerator
    private let load: LoadRun
    /// Of the healthy client before the attacks.
    private let before: LoadReport

    /// What a process holds.
    struct Footprint: Sendable {
        var descriptors: Int
        var threads: Int
        /// In kilobytes, the most it ever was.
        var peak: Int

        init(of process: Int32) throws {
            // Further readers of the database are opened when several ask at once, and kept: a handful, whoever asks.
            descriptors =
                TextFile.list("/proc/\(process)/fd").filter { number in
                    !Self.target(of: "/proc/\(process)/fd/\(number)").contains("/slipway.db")
                }.count
            let status = try TextFile.read("/proc/\(process)/status").split(separator: "\n")
            func number(_ key: String) -> Int {
                let line = status.first { $0.hasPrefix(key) } ?? ""
                return Int(line.split { !$0.isNumber }.first ?? "") ?? 0
            }
            threads = number("Threads:")
            peak = number("VmHWM:")
        }

        /// What a link leads to; empty where it is gone.
        private static func target(of link: String) -> String {
            var text = [CChar](repeating: 0, count: 4096)
            let length = readlink(link, &text, text.count)
            return String(decoding: text.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// Starts a well-behaved client beside the attacks, and notes what there is before they begin.
    init(_ slipway: Slipway, _ server: Slipway.Server) async throws {
        self.slipway = slipway
        self.server = server
        let address = try ServerAddress(server.dataAddress)
        let digits = try DigitsExample()
        generator = LoadGenerator(address, samples: try digits.samples(for: address))
        before = try await Self.quietly(generator)
        load = try await generator.start(Self.steady)
        try await wait(for: "answers to the healthy client") { [load] in load.snapshot().ok > 50 }
        quiet = try Footprint(of: server.worker)
        blobs = TextFile.list(slipway.home.file("blobs/sha256"))
    }

    /// 200 requests a second, each charged for the time that it was due and could not be sent.
    private static var steady: LoadConfiguration {
        var configuration = LoadConfiguration()
        configuration.pace = .perSecond(200)
        configuration.connections = 2
        return configuration
    }

    /// What the healthy client sees while nobody attacks: enough answers for a 99th percentile.
    private static func quietly(_ generator: LoadGenerator) async throws -> LoadReport {
        var configuration = steady
        configuration.requestLimit = 600
        return try await generator.start(configuration).finish()
    }

    /// I1 and I4, after every attack: the same process, ready, and nothing that was not there before.
    func expectUnharmed(_ attack: String) async throws {
        #expect(kill(server.worker, 0) == 0, "\(attack): the worker is gone")
        let ready = try await server.dataPlane().request("GET", "/v2/health/ready")
        #expect(ready.status == 200, "\(attack): \(ready.text)")
        #expect(TextFile.list(slipway.home.file("tmp")) == [], "\(attack)")
        #expect(TextFile.list(slipway.home.file("blobs/sha256")) == blobs, "\(attack)")
    }

    /// I5: words that are well-formed, tell what is wrong and nothing of the machine.
    func expectDiscreet(_ text: String, _ attack: String) {
        #expect(!text.isEmpty, "\(attack)")
        for secret in [slipway.home.path, Slipway.root, "/root/", "/usr/", ".swift:", "Fatal error"] {
            #expect(!text.contains(secret), "\(attack): \(text)")
        }
        let acts: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator, .paragraphSeparator]
        #expect(
            !text.unicodeScalars.contains { $0 != "\n" && acts.contains($0.properties.generalCategory) }, "\(attack)")
    }

    /// I2's latency, relative to that of the same server, machine and minute without attacks. The commands that carry the
    /// attacks share the processors with the server, and whoever else is on the machine does, hence the factor and the constant:
    /// what this finds is an attack that stops others, not one that costs a little.
    private func expectAsFastAsWithoutAttacks(_ attacked: LoadReport) async throws {
        let after = try await Self.quietly(generator)
        let seconds = { (report: LoadReport) in try #require(report.latency).p99 }
        let quiet = max(try seconds(before), try seconds(after))
        let found = try seconds(attacked)
        let milliseconds = { (seconds: Double) in "\((seconds * 10_000).rounded() / 10) ms" }
        print(
            "the healthy client: \(attacked.ok) answers, p99 \(milliseconds(found)) under attack, "
                + "\(milliseconds(quiet)) without")
        #expect(found <= 5 * quiet + 2, "p99 of \(found) s under attack, of \(quiet) s without")
    }

    /// I2, I3 and I6, after the last attack: the healthy client saw nothing, and what was taken was given back.
    func expectQuietAgain() async throws {
        try await wait(for: "more answers to the healthy client") { load.snapshot().ok > 200 }
        let report = await load.stop()
        #expect(report.ok > 100 && report.failed == 0 && report.wrong == 0, "\(report.messages)")
        try await expectAsFastAsWithoutAttacks(report)
        var now = try Footprint(of: server.worker)
        try await wait(for: "descriptors to be given back", atMost: .seconds(30)) {
            now = try Footprint(of: server.worker)
            // What an attack left open would be there once for each of its requests.
            return now.descriptors <= quiet.descriptors + 2
        }
        #expect(now.threads <= quiet.threads + 2)
        #expect(now.peak - quiet.peak < 64 << 10, "\(now.peak - quiet.peak) kB more than before")
    }
}
