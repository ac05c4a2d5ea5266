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
    private let load: LoadRun

    /// What a process holds.
    struct Footprint: Sendable {
        var descriptors: Int
        var threads: Int
        /// In kilobytes, the most it ever was.
        var peak: Int

        init(of process: Int32) throws {
            descriptors = TextFile.list("/proc/\(process)/fd").count
            let status = try TextFile.read("/proc/\(process)/status").split(separator: "\n")
            func number(_ key: String) -> Int {
                let line = status.first { $0.hasPrefix(key) } ?? ""
                return Int(line.split { !$0.isNumber }.first ?? "") ?? 0
            }
            threads = number("Threads:")
            peak = number("VmHWM:")
        }
    }

    /// Starts a well-behaved client beside the attacks, and notes what there is before they begin.
    init(_ slipway: Slipway, _ server: Slipway.Server) async throws {
        self.slipway = slipway
        self.server = server
        let address = try ServerAddress(server.dataAddress)
        let digits = try DigitsExample()
        var configuration = LoadConfiguration()
        configuration.pace = .perSecond(200)
        configuration.connections = 2
        load = try await LoadGenerator(address, samples: try digits.samples(for: address)).start(configuration)
        try await wait(for: "answers to the healthy client") { [load] in load.snapshot().ok > 50 }
        quiet = try Footprint(of: server.worker)
        blobs = TextFile.list(slipway.home.file("blobs/sha256"))
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

    /// I2, I3 and I6, after the last attack: the healthy client saw nothing, and what was taken was given back.
    func expectQuietAgain() async throws {
        try await wait(for: "more answers to the healthy client") { load.snapshot().ok > 200 }
        let report = await load.stop()
        if let latency = report.latency { print("the healthy client: \(report.ok) answers, \(latency)") }
        #expect(report.ok > 100 && report.failed == 0 && report.wrong == 0, "\(report.messages)")
        var now = try Footprint(of: server.worker)
        try await wait(for: "descriptors to be given back", atMost: .seconds(10)) {
            now = try Footprint(of: server.worker)
            return now.descriptors <= quiet.descriptors
        }
        #expect(now.threads <= quiet.threads + 2)
        #expect(now.peak - quiet.peak < 64 << 10, "\(now.peak - quiet.peak) kB more than before")
    }
}
