import Client
import TestSupport
import Testing

extension EndToEnd {
    /// Fault F21: versions that come and go often.
    @Suite
    struct ReloadFaultTests {
        /// F21: a thousand versions come and go, over three endpoints, in one process.
        @Test
        func aThousandVersionsComeAndGoAndMemoryStaysFlat() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            try await slipway.expect("import", Slipway.example("iris/iris.onnx"), "--name", "iris", "--no-run")
            try await slipway.expect(
                "import", Slipway.example("iris/iris.onnx"), "--name", "iris", "--no-run", "--label", "n=2")
            try await slipway.serving { server in
                let control = try server.controlPlane()
                let places = [("digits", "digits"), ("iris", "iris"), ("other", "digits")]
                var first: Footprint?
                var last = try Footprint(of: server.worker)
                for cycle in 0..<1000 {
                    let (endpoint, model) = places[cycle % 3]
                    let reply = try await control.request(
                        "POST", "/api/v1/endpoints/\(endpoint)/deploy",
                        headers: [HTTPHeader("content-type", "application/json")],
                        body: Array(#"{"version":"\#(model):\#(cycle / 3 % 2 + 1)"}"#.utf8))
                    guard reply.status == 200 || reply.status == 409 else {
                        Issue.record("cycle \(cycle): \(reply.status) \(reply.text)")
                        return
                    }
                    last = try Footprint(of: server.worker)
                    if cycle == 250 { first = last }
                }
                let start = try #require(first)
                let slope = Double(last.anonymous - start.anonymous) / 749
                print(
                    "after 250 versions \(start.anonymous) kB, after 1,000 \(last.anonymous) kB:",
                    "\((slope * 100).rounded() / 100) kB for each")
                #expect(slope < 4, "\(slope) kB more for each version")
                #expect(last.descriptors <= start.descriptors + 4 && last.threads <= start.threads + 4)
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_sessions") == 3)
            }
        }

        private struct Footprint {
            var anonymous = 0
            var descriptors = 0
            var threads = 0

            init(of process: Int32) throws {
                descriptors = TextFile.list("/proc/\(process)/fd").count
                for line in try TextFile.read("/proc/\(process)/status").split(separator: "\n") {
                    let number = Int(line.split { !$0.isNumber }.first ?? "") ?? 0
                    if line.hasPrefix("RssAnon:") { anonymous = number }
                    if line.hasPrefix("Threads:") { threads = number }
                }
            }
        }
    }
}
