import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// The server's own alerts reach a webhook and a program, and end.
    @Suite
    struct AlertTests {
        private static func delivered(_ path: String) -> [JSONValue] {
            ((try? TextFile.read(path)) ?? "").split(separator: "\n").compactMap {
                try? JSONValue.parse(Array($0.utf8))
            }
        }

        /// Alerts of a message by name and state.
        private static func alerts(_ message: JSONValue) -> [String] {
            (message["alerts"]?.arrayValue ?? []).map {
                "\($0["labels"]?["alertname"]?.stringValue ?? "") \($0["status"]?.stringValue ?? "")"
            }
        }

        @Test
        func aRollbackReachesTheWebhookAndTheProgramAndIsOver() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let folder = try TemporaryDirectory("slipway-alerts")
            let port = try DockerRegistry.freePort()
            let (hook, ran, settings) = (folder.file("hook"), folder.file("ran"), folder.file("alerts.json"))
            try TextFile.write(
                """
                {"every": "100ms", "wait": "0s", "recent": "4s",
                 "receivers": {
                   "hook": {"webhook": "http://127.0.0.1:\(port)/slipway"},
                   "program": {"command": ["/usr/bin/tee", "\(ran)"], "resolved": false},
                   "nobody": {"webhook": "http://127.0.0.1:1/"}},
                 "routes": [{"alerts": ["SlipwayRolledBack"], "receivers": ["hook", "program"]}]}
                """, to: settings)
            _ = try await Companion.running(
                try Slipway.python(),
                ["\(Slipway.root)/Tests/EndToEndTests/clients/webhook.py", String(port), hook], log: folder.file("log"),
                isReady: { Companion.answers(port) }
            ) {
                try await slipway.serving(["serve", "--alerts", settings]) { _ in
                    let tested = try await slipway.run(["alerts", "test", "hook"])
                    #expect(tested.exitCode == 0 && tested.output.contains("hook: sent"), "\(tested)")
                    #expect(Self.delivered(hook).flatMap(Self.alerts) == ["SlipwayTest firing"])
                    let failed = try await slipway.run(["alerts", "test", "nobody"])
                    #expect(failed.exitCode == 1 && failed.output.contains("not sent"), "\(failed)")

                    try await slipway.expect("deploy", "digits:2")
                    try await slipway.expect("rollback")
                    try await wait(for: "the message to be over") { Self.delivered(hook).count >= 3 }
                    let messages = Self.delivered(hook).dropFirst()
                    #expect(messages.first.map(Self.alerts) == ["SlipwayRolledBack firing"])
                    #expect(messages.last.map(Self.alerts) == ["SlipwayRolledBack resolved"])
                    #expect(messages.first?["groupLabels"]?["endpoint"]?.stringValue == "digits")
                    #expect(Self.delivered(ran).map(Self.alerts) == [["SlipwayRolledBack firing"]])
                    let listed = try await slipway.json("alerts", "list")
                    #expect(listed["watched"]?.boolValue == true && listed["alerts"]?.arrayValue == [])

                    // Nobody is told of what is silenced.
                    try await slipway.expect("alerts", "silence", "SlipwayRolledBack", "--for", "1h")
                    try await slipway.expect("deploy", "digits:2")
                    try await slipway.expect("rollback")
                    try await wait(for: "the silenced alert") {
                        try await slipway.json("alerts")["alerts"]?.arrayValue?.first?["state"]?.stringValue
                            == "silenced"
                    }
                    #expect(Self.delivered(hook).count == 3)
                }
            }
            let kinds = try await slipway.run(["events", "--type", "alert", "--json"]).output.split(separator: "\n").map
            { try JSONValue.parse(Array($0.utf8))["type"]?.stringValue ?? "" }
            #expect(kinds.prefix(3) == ["slipway.alert.fired", "slipway.alert.resolved", "slipway.alert.fired"])
        }

        /// Killed between an alert and its end, the server neither tells twice nor forgets the end; what its receiver did not
        /// take before is told by the next one.
        @Test
        func aKilledServerRepeatsNothingAndForgetsNoEnd() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let folder = try TemporaryDirectory("slipway-alerts")
            let (port, latePort) = (try DockerRegistry.freePort(), try DockerRegistry.freePort())
            let (hook, late, settings) = (folder.file("hook"), folder.file("late"), folder.file("alerts.json"))
            try TextFile.write(
                """
                {"every": "100ms", "wait": "0s", "recent": "6s",
                 "receivers": {"hook": {"webhook": "http://127.0.0.1:\(port)/"},
                               "late": {"webhook": "http://127.0.0.1:\(latePort)/"}},
                 "routes": [{"alerts": ["SlipwayRolledBack"], "receivers": ["hook", "late"]}]}
                """, to: settings)
            @Sendable func running(
                _ port: Int, _ file: String, _ body: @Sendable @escaping () async throws -> Void
            ) async throws {
                _ = try await Companion.running(
                    try Slipway.python(),
                    ["\(Slipway.root)/Tests/EndToEndTests/clients/webhook.py", String(port), file],
                    log: folder.file("log"), isReady: { Companion.answers(port) }, body)
            }
            try await running(port, hook) {
                try await slipway.serving(["serve", "--alerts", settings]) { server in
                    try await slipway.expect("deploy", "digits:2")
                    try await slipway.expect("rollback")
                    // Until the answer to it was read: a kill before that may have it told twice.
                    try await wait(for: "the alert to be taken") {
                        let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                        let labels = ["receiver=\"hook\"", "outcome=\"sent\""]
                        return metrics.sum("slipway_alert_messages_total", labels) == 1
                    }
                    #expect(kill(server.worker, SIGKILL) == 0)
                    try await running(latePort, late) {
                        try await wait(for: "its end") {
                            Self.delivered(hook).count >= 2 && Self.delivered(late).count >= 2
                        }
                    }
                }
            }
            for file in [hook, late] {
                #expect(
                    Self.delivered(file).map(Self.alerts) == [
                        ["SlipwayRolledBack firing"], ["SlipwayRolledBack resolved"],
                    ])
            }
            let kinds = try await slipway.run(["events", "--type", "alert", "--json"]).output.split(separator: "\n").map
            { try JSONValue.parse(Array($0.utf8))["type"]?.stringValue ?? "" }
            #expect(kinds == ["slipway.alert.fired", "slipway.alert.resolved"])
        }

        @Test
        func aMistakeInTheFileEndsTheStartWithItsPlace() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = try TemporaryDirectory("slipway-alerts")
            try TextFile.write(
                #"{"receivers": {"ops": {"webhook": "hooks.example.org"}}}"#, to: folder.file("alerts.json"))
            for words in [["serve", "--alerts"], ["alerts", "check"]] {
                let outcome = try await slipway.run(words + [folder.file("alerts.json")])
                #expect(outcome.exitCode == 64 && outcome.talk.contains("receivers.ops.webhook"), "\(outcome)")
            }
            try TextFile.write(
                #"{"receivers": {"ops": {"webhook": "https://hooks.example.org"}, "idle": {"command": ["/bin/true"]}},"#
                    + #""routes": [{"alerts": ["SlipwayDrift"], "receivers": ["ops"]}]}"#,
                to: folder.file("alerts.json"))
            let checked = try await slipway.run(["alerts", "check", folder.file("alerts.json")])
            #expect(checked.exitCode == 0 && checked.output.contains("nothing: no route names it"), "\(checked)")
            #expect(checked.output.contains("nobody is told of: SlipwayErrorBudgetBurning, "), "\(checked)")
            #expect(!checked.output.contains("SlipwayDrift, "), "\(checked)")
        }

        /// A name or an address of a private network is not posted to unless that is said.
        @Test
        func aWebhookOfAPrivateNetworkIsRefused() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = try TemporaryDirectory("slipway-alerts")
            try TextFile.write(
                """
                {"receivers": {"a": {"webhook": "https://10.1.2.3/"}, "b": {"webhook": "https://169.254.169.254/x"},
                 "c": {"webhook": "http://example.org/"}}}
                """, to: folder.file("alerts.json"))
            try await slipway.serving(["serve", "--alerts", folder.file("alerts.json")]) { _ in
                let outcome = try await slipway.run(["alerts", "test"])
                #expect(outcome.exitCode == 1, "\(outcome)")
                for words in ["private network", "told their secrets", "not encrypted"] {
                    #expect(outcome.output.contains(words), "\(outcome)")
                }
            }
        }
    }
}
