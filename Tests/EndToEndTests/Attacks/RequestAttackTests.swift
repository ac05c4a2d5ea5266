import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct RequestAttackTests {
        /// Rows 34 to 53 of the attack list, and rows 84 and 91 to 95 as far as there are routes for them.
        @Test
        func everyHostileRequestIsRefusedInWordsAndHarmsNothing() async throws {
            let slipway = try await Slipway.withDigits()
            let ended = try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                for attack in RequestAttack.all { try await Self.expectRefused(attack, attacked) }
                try await Self.attackNames(attacked)
                try await Self.attackControlPlane(attacked)
                try await attacked.expectUnharmed("all requests")
                try await attacked.expectQuietAgain()
            }
            #expect(ended.exitCode == 0)
            #expect(!ended.talk.contains("was killed"), "\(ended.talk)")
            #expect(!ended.talk.contains("\u{1b}"))
        }

        private static func expectRefused(_ attack: RequestAttack, _ attacked: AttackedServer) async throws {
            let client = try attacked.server.dataPlane()
            let reply = try await client.request(
                "POST", attack.path, headers: attack.headers.map { HTTPHeader($0.0, $0.1) }, body: attack.body)
            #expect(reply.status == attack.status, "\(attack): \(reply.status) \(reply.text)")
            guard attack.status != 200 else { return }
            let error = reply.json?["error"]?.stringValue ?? ""
            #expect(reply.json?["code"]?.stringValue?.isEmpty == false, "\(attack): \(reply.text)")
            attacked.expectDiscreet(error, attack.description)
            // A client cannot make an answer as large as it likes.
            #expect(reply.text.utf8.count < 2048, "\(attack)")
            if attack.row == 34 { try await attacked.expectUnharmed(attack.description) }
        }

        /// Row 52: names that nobody serves make no series of their own.
        private static func attackNames(_ attacked: AttackedServer) async throws {
            let client = try attacked.server.dataPlane()
            let before = try await client.request("GET", "/metrics").text.split(separator: "\n").count
            for index in 0..<300 {
                #expect(try await client.request("GET", "/v2/models/random\(index)").status == 404)
            }
            let after = try await client.request("GET", "/metrics").text.split(separator: "\n").count
            #expect(after - before < 20, "\(after - before) lines more")
        }

        /// Rows 84, 91, 94 and 95: what is named in a path or a body of the management API.
        private static func attackControlPlane(_ attacked: AttackedServer) async throws {
            let control = try attacked.server.controlPlane()
            let api = "/api/v1/endpoints"
            let json = [HTTPHeader("content-type", "application/json")]
            let bodies = [
                #"{"version":"digits@sha256:../../etc/passwd"}"#, #"{"version":"digits@md5:abc"}"#,
                #"{"version":"digits:1;drop table versions"}"#, #"{"version":"digits' or 1=1 --"}"#,
                #"{"version":"../digits:1"}"#, #"{"version":"digits:99999999999999999999"}"#,
                #"{"version":"digits:-1"}"#,
                #"{"version":"digits:1","version":"digits:1"}"#,
                #"{"version":"\#(String(repeating: "a", count: 5000))"}"#,
                #"{"version":"digits@sha256:\#(String(repeating: "A", count: 64))"}"#,
                #"{"version":"digits@sha256:\#(String(repeating: "0", count: 65))"}"#,
            ]
            for body in bodies {
                let reply = try await control.request(
                    "POST", "\(api)/digits/deploy", headers: json, body: Array(body.utf8))
                #expect((400...409).contains(reply.status), "\(body): \(reply.status) \(reply.text)")
                attacked.expectDiscreet(reply.text, body)
            }
            for path in [
                "\(api)/..%2f..%2fdigits/history", "\(api)/%2e%2e/history", "\(api)/%252e%252e%252f/history",
                "\(api)/digits%00/history", "\(api)/digits'--/history", "\(api)/DIGITS/history",
                "\(api)/%3Cscript%3E/history", "/models/..%2f..%2fetc%2fpasswd", "/static/..%2f..%2fetc%2fpasswd",
            ] {
                let reply = try await control.request("GET", path)
                #expect((400...404).contains(reply.status), "\(path): \(reply.status)")
                #expect(!reply.text.contains("<script>") && !reply.text.contains("root:"), "\(path)")
            }
            let history = try await control.request("GET", "\(api)/digits/history?limit=1000000000&before=-1")
            #expect([200, 400].contains(history.status) && history.text.utf8.count < 1 << 20)
        }
    }
}
