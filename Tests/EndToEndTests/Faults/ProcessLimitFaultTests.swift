import Client
import Glibc
import Subprocess
import TestSupport
import Testing

extension EndToEnd {
    /// Fault F19: no process and no thread more.
    @Suite
    struct ProcessLimitFaultTests {
        /// F19: what runs goes on; what needs a process says that there is none, and comes back when there is.
        @Test(.enabled(if: ProcessGroup.isPossible, "needs root and a control group of processes (version 1)"))
        func withoutProcessesWhatServesGoesOnAndTheSupervisorWaits() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let group = try ProcessGroup()
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                let supervisor = Int32(server.running.process.value)
                for process in [supervisor, server.worker] { try group.add(process) }
                try group.limit(to: 1)
                for number in 0..<50 { #expect(try await client.infer(digits.request(number)).modelVersion == "1") }
                #expect(try await server.controlPlane().request("GET", "/healthz").status == 200)
                // The limit is below what the supervisor's own threads take: nobody can be started.
                kill(server.worker, SIGKILL)
                try await wait(for: "the supervisor to say why", atMost: .seconds(20)) {
                    server.running.talk().contains("the system gives it no process")
                }
                #expect(server.running.talk().contains("starting it again"))
                try group.limit(to: nil)
                try await wait(for: "the server to be back", atMost: .seconds(40)) {
                    (try? await InferenceClient(server.dataPlane()).infer(digits.request(0)).modelVersion) == "1"
                }
                try await wait(for: "the supervisor to say so") { server.running.talk().contains("the server is back") }
            }
        }
    }
}

/// A control group of the version-1 hierarchy `pids`, gone with this value.
private final class ProcessGroup: Sendable {
    private static let root = "/sys/fs/cgroup/pids"
    private let path: String

    /// Whether this process may make one.
    static var isPossible: Bool { access("\(root)/cgroup.procs", W_OK) == 0 }

    init() throws {
        path = "\(Self.root)/slipway-test-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(path, 0o755) == 0 else { throw MissingTool("cannot make \(path)") }
    }

    deinit {
        // Who is still in it moves back to where it came from.
        for process in (try? TextFile.read("\(path)/cgroup.procs").split(separator: "\n")) ?? [] {
            try? TextFile.write(String(process), to: "\(Self.root)/cgroup.procs")
        }
        rmdir(path)
    }

    func add(_ process: Int32) throws { try TextFile.write("\(process)", to: "\(path)/cgroup.procs") }

    func limit(to count: Int?) throws {
        try TextFile.write(count.map(String.init) ?? "max", to: "\(path)/pids.max")
    }
}
