import Client
import Glibc
import TestSupport
import Testing

extension EndToEnd {
    /// Fault F18: 64 descriptors for the whole process.
    @Suite
    struct DescriptorFaultTests {
        @Test
        func withFewDescriptorsTheServerTurnsAwaySpinsNotAndRecovers() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.importDigits("cnn")
            let launcher = ["sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""]
            try await slipway.serving(under: launcher) { server in
                let digits = try DigitsExample()
                let first = try RawConnection(port: server.dataPort)
                first.send(Self.ready)
                #expect(first.reply()?.status == 200)
                var crowd: [RawConnection] = []
                for _ in 0..<60 {
                    crowd.append(try RawConnection(port: server.dataPort))
                    crowd.append(try RawConnection(port: server.controlPort))
                }
                try await wait(for: "most of the crowd to be turned away") {
                    crowd.count { $0.hasEnded } >= crowd.count - 40
                }
                let before = try Self.processorTime(of: server.worker)
                let start = ContinuousClock.now
                // Whoever was there is answered, as often as he likes, while the crowd waits.
                for _ in 0..<200 {
                    first.send(Self.ready)
                    #expect(first.reply()?.status == 200)
                    try await Task.sleep(for: .milliseconds(5))
                }
                let spent = try Self.processorTime(of: server.worker) - before
                let elapsed = start.duration(to: .now) / .seconds(1)
                #expect(spent < 0.5 * elapsed, "\(spent) s of processor time in \(elapsed) s")
                // There is room left for a version's files, and for the command line.
                try await slipway.expect("deploy", "digits:2")
                crowd.removeAll()
                try await wait(for: "connections to be taken again", atMost: .seconds(10)) {
                    let reply = try? await InferenceClient(server.dataPlane()).infer(digits.request(0))
                    return reply?.modelVersion == "2"
                }
                #expect(try await server.controlPlane().request("GET", "/healthz").status == 200)
                #expect(kill(server.worker, 0) == 0)
            }
        }

        private static let ready = "GET /v2/health/ready HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

        /// Seconds that a process has computed.
        private static func processorTime(of process: Int32) throws -> Double {
            let fields =
                try TextFile.read("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
            return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }
}
