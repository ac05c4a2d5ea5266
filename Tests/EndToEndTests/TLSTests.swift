import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// TLS on the data plane, with unmodified clients and certificates made by each test.
    @Suite
    struct TLSTests {
        @Test(arguments: [false, true])
        func unmodifiedClientsAreAnsweredOverTLS(_ asksForCertificates: Bool) async throws {
            let authority = try await TestAuthority()
            let (pair, person) = (try await authority.issue("server"), try await authority.issue("client"))
            let slipway = try await Slipway.withDigits()
            var arguments = ["serve", "--tls-certificate", pair.certificate, "--tls-key", pair.key]
            if asksForCertificates { arguments += ["--tls-client-ca", authority.file] }
            let ended = try await slipway.serving(arguments) { server in
                let outcome = try await Slipway.command(
                    Slipway.python(),
                    [
                        "\(Slipway.root)/Tests/EndToEndTests/clients/secure.py", "--url", server.dataAddress,
                        "--endpoint", "digits", "--ca", authority.file,
                    ] + (asksForCertificates ? ["--certificate", person.certificate, "--key", person.key] : []))
                let lines = outcome.output.split(separator: "\n").compactMap { try? JSONValue.parse(Array($0.utf8)) }
                for line in lines where line["ok"]?.boolValue != true {
                    Issue.record("\(line["check"]?.stringValue ?? "?"): \(line["why"]?.stringValue ?? "?")")
                }
                #expect(lines.count == 8)
                #expect(outcome.exitCode == 0, "\(outcome)")
                // The control socket is there as before.
                #expect(try await slipway.json("status")["server"]?["tls"]?.boolValue == true)
            }
            #expect(ended.exitCode == 0, "\(ended.talk)")
        }

        @Test
        func aNewCertificateIsTakenWithoutARestart() async throws {
            let (before, after) = (try await TestAuthority(), try await TestAuthority())
            let pair = try await before.issue("server")
            let slipway = try await Slipway.withDigits()
            try await slipway.serving(["serve", "--tls-certificate", pair.certificate, "--tls-key", pair.key]) {
                server in
                func client(_ authority: TestAuthority) -> HTTPClient {
                    HTTPClient(.tls(host: "127.0.0.1", port: server.dataPort, trust: .file(authority.file)))
                }
                let kept = client(before)
                #expect(try await kept.request("GET", "/v2/health/ready").status == 200)
                let next = try await after.issue("next")
                rename(next.certificate, pair.certificate)
                try await wait(for: "the pair that does not belong together is refused") {
                    server.running.talk().contains("the new certificate is refused, the old one stays in force")
                }
                #expect(try await client(before).request("GET", "/v2/health/ready").status == 200)
                rename(next.key, pair.key)
                try await wait(for: "the new certificate is in force") {
                    (try? await client(after).request("GET", "/v2/health/ready").status) == 200
                }
                #expect(try await kept.request("GET", "/v2/health/ready").status == 200)
            }
        }

        @Test
        func theCommandLineSpeaksTLSAndTheDoctorLooksAtTheFiles() async throws {
            let authority = try await TestAuthority()
            let pair = try await authority.issue("server", days: 3)
            let slipway = try await Slipway.withDigits()
            chmod(pair.key, 0o644)
            let files = ["--tls-certificate", pair.certificate, "--tls-key", pair.key]
            let looked = try await slipway.run(["doctor", "--json"] + files)
            let finding = looked.json?.arrayValue?.first { $0["subject"]?.stringValue == "certificate" }
            #expect(finding?["state"]?.stringValue == "warn", "\(looked)")
            let environment = [
                "SLIPWAY_TLS_CERTIFICATE": pair.certificate, "SLIPWAY_TLS_KEY": pair.key,
            ]
            let secure = try Slipway(home: slipway.home, environment: environment)
            try await secure.serving { server in
                let talk = server.running.talk()
                #expect(talk.contains("expires on") && talk.contains("can be read by others"), "\(talk)")
                let answer = try await slipway.run([
                    "predict", "digits", "--data", Slipway.example("digits/held-out.npz"), "--server",
                    "https://\(server.dataAddress)", "--ca", authority.file,
                ])
                #expect(answer.exitCode == 0, "\(answer)")
                let load = try await slipway.run([
                    "bench", "digits", "--seconds", "0.5", "--connections", "2", "--json", "--server",
                    "https://\(server.dataAddress)", "--ca", authority.file,
                ])
                #expect(load.exitCode == 0 && load.json?["ok"]?.intValue ?? 0 > 0, "\(load)")
                let stranger = try await slipway.run([
                    "predict", "digits", "--data", Slipway.example("digits/held-out.npz"), "--server",
                    "https://\(server.dataAddress)",
                ])
                #expect(stranger.exitCode != 0)
            }
            let wrong = try await slipway.run([
                "serve", "--tls-certificate", pair.certificate, "--tls-key", authority.file,
            ])
            #expect(wrong.exitCode != 0 && wrong.talk.contains("SW8105"), "\(wrong)")
        }
    }
}
