import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct DrainTests {
        /// What a load balancer does: it looks at readiness, and sends nothing more once that fails.
        @Test
        func terminationUnderLoadFailsNoRequest() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let ended = try await slipway.serving(["serve", "--drain-delay", "1"]) { server in
                let address = try ServerAddress(server.dataAddress)
                let probe = InferenceClient(HTTPClient(address))
                let load = try await LoadGenerator(address, samples: try digits.samples(for: address)).start()
                try await wait(for: "answers") { load.snapshot().ok > 500 }
                #expect(try await probe.isReady())
                server.running.terminate()
                try await wait(for: "readiness to fail", atMost: .milliseconds(900)) { try await !probe.isReady() }
                let before = load.snapshot().ok
                try await wait(for: "answers after readiness failed") { load.snapshot().ok > before }
                let report = await load.stop()
                #expect(report.failed == 0 && report.wrong == 0, "\(report.messages)")
                #expect(report.ok == report.sent)
            }
            #expect(ended.exitCode == 0)
        }

        @Test
        func aRequestInFlightIsAnsweredBeforeTheEnd() async throws {
            let slipway = try await Slipway.withDigits()
            let ended = try await slipway.serving { server in
                let body = try TextFile.read(Slipway.example("digits/sample.json"))
                let connection = try RawConnection(port: server.dataPort)
                let idle = try RawConnection(port: server.dataPort)
                idle.send("GET /v2/health/ready HTTP/1.1\r\nhost: localhost\r\n\r\n")
                #expect(idle.reply()?.status == 200)
                connection.send(
                    "POST /v2/models/digits/infer HTTP/1.1\r\nhost: localhost\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
                )
                connection.send(String(body.prefix(20)))
                // The server has begun to read the request once it counts the connection and its bytes.
                let metrics = try server.controlPlane()
                try await wait(for: "two connections") {
                    try await metrics.request("GET", "/metrics").text.contains("\nslipway_connections 2")
                }
                server.running.terminate()
                #expect(idle.isEnded())
                connection.send(String(body.dropFirst(20)))
                let reply = connection.reply()
                #expect(reply?.status == 200)
                #expect(reply?.head.lowercased().contains("connection: close") == true)
                #expect(connection.isEnded())
            }
            #expect(ended.exitCode == 0)
        }

        @Test
        func aSecondSignalEndsAtOnce() async throws {
            let slipway = try await Slipway.withDigits()
            let ended = try await slipway.serving(["serve", "--drain-delay", "600"]) { server in
                let probe = InferenceClient(try server.dataPlane())
                server.running.terminate()
                try await wait(for: "readiness to fail") { try await !probe.isReady() }
                server.running.terminate()
            }
            #expect(ended.exitCode == 143)
        }

        @Test
        func stopEndsTheServerOfTheHome() async throws {
            let slipway = try await Slipway.withDigits()
            let ended = try await slipway.serving { server in
                server.running.leave()
                let stopped = try await slipway.json("stop")
                #expect(stopped["stopped"]?.boolValue == true)
                #expect(stopped["pid"]?.intValue == Int(server.worker))
            }
            #expect(ended.exitCode == 0)
            #expect(try await slipway.json("stop")["stopped"]?.boolValue == false)
        }
    }
}
