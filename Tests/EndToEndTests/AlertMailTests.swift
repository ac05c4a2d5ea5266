import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Alerts go out as mail, to a mail server that is not ours.
    @Suite
    struct AlertMailTests {
        /// The mail server beside the body, which gets its port.
        private static func serving(
            _ way: String, _ kept: String, _ folder: TemporaryDirectory,
            _ body: @Sendable @escaping (Int) async throws -> Void
        ) async throws {
            let port = try DockerRegistry.freePort()
            _ = try await Companion.running(
                try Slipway.python(),
                [
                    "\(Slipway.root)/Tests/EndToEndTests/clients/mail_server.py", String(port), kept,
                    folder.file("mail.pem"), folder.file("mail.key"), way,
                ], log: folder.file("\(way).log"), isReady: { Companion.answers(port) }
            ) { try await body(port) }
        }

        private static func messages(_ path: String) -> [JSONValue] {
            ((try? TextFile.read(path)) ?? "").split(separator: "\n").compactMap {
                try? JSONValue.parse(Array($0.utf8))
            }
        }

        @Test
        func anAlertAndItsEndArriveAsMailOverTLS() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let folder = try TemporaryDirectory("slipway-mail")
            try await DockerRegistry.makeCertificate("mail", in: folder)
            try TextFile.write("harbour\n", to: folder.file("password"))
            try TextFile.write("rudder\n", to: folder.file("wrong"))
            let (kept, plain, settings) = (folder.file("kept"), folder.file("plain"), folder.file("alerts.json"))
            try await Self.serving("starttls", kept, folder) { secured in
                try await Self.serving("none", plain, folder) { open in
                    func mail(_ relay: String, _ more: String, to: String = #""ops@example.org""#) -> String {
                        #"{"mail": [\#(to)], "from": "slipway@example.org", "relay": "\#(relay)"\#(more)}"#
                    }
                    let known = #", "authorities": "\#(folder.file("mail.pem"))""#
                    func login(_ file: String) -> String {
                        #", "user": "captain", "passwordFile": "\#(folder.file(file))""#
                    }
                    try TextFile.write(
                        """
                        {"every": "100ms", "wait": "0s", "recent": "2s", "receivers": {
                         "ops": \(mail("127.0.0.1:\(secured)", known + login("password"), to: #""ops@example.org", "a.b@example.org""#)),
                         "local": \(mail("127.0.0.1:\(open)", #", "tls": "none""#, to: #""gone@example.org", "ops@example.org""#)),
                         "stranger": \(mail("127.0.0.1:\(secured)", login("password"))),
                         "wrong": \(mail("127.0.0.1:\(secured)", known + login("wrong"))),
                         "stripped": \(mail("127.0.0.1:\(open)", known))},
                         "routes": [{"alerts": ["SlipwayRolledBack"], "receivers": ["ops"]}]}
                        """, to: settings)
                    try await slipway.serving(["serve", "--alerts", settings]) { _ in
                        for (receiver, words) in [
                            ("local", "not for <gone@example.org>: 550 nobody"), ("stranger", "certificate"),
                            ("wrong", "does not take the password: 535"), ("stripped", "does not offer STARTTLS"),
                        ] {
                            let tried = try await slipway.run(["alerts", "test", receiver])
                            #expect(tried.exitCode == 1 && tried.output.contains(words), "\(tried)")
                        }
                        #expect(Self.messages(kept).isEmpty, "nothing was told to whom it is not for")
                        #expect(Self.messages(plain).map { $0["secured"]?.boolValue } == [false])
                        try await slipway.expect("deploy", "digits:2")
                        try await slipway.expect("rollback")
                        try await wait(for: "the mail to be over") { Self.messages(kept).count >= 2 }
                    }
                }
            }
            let found = Self.messages(kept)
            #expect(
                found.map { $0["headers"]?["Subject"]?.stringValue } == [
                    "[slipway page] SlipwayRolledBack of 'digits'", "[slipway over] SlipwayRolledBack of 'digits'",
                ])
            for message in found {
                #expect(message["secured"]?.boolValue == true && message["authenticated"]?.boolValue == true)
                #expect(message["defects"]?.arrayValue == [] && message["from"]?.stringValue == "slipway@example.org")
                #expect(message["to"]?.arrayValue?.map(\.stringValue) == ["ops@example.org", "a.b@example.org"])
                #expect(message["text"]?.stringValue?.contains("'digits' was rolled back") == true, "\(message)")
            }
            #expect(Set(found.map { $0["headers"]?["Message-ID"]?.stringValue }).count == 2)
        }

        @Test
        func mailOverImplicitTLSArrives() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = try TemporaryDirectory("slipway-mail")
            try await DockerRegistry.makeCertificate("mail", in: folder)
            try TextFile.write("harbour\n", to: folder.file("password"))
            let kept = folder.file("kept")
            try await Self.serving("implicit", kept, folder) { port in
                try TextFile.write(
                    """
                    {"receivers": {"ops": {"mail": ["ops@example.org"], "from": "slipway@example.org",
                     "relay": "localhost:\(port)", "tls": "implicit", "authorities": "\(folder.file("mail.pem"))",
                     "user": "captain", "passwordFile": "\(folder.file("password"))"}}}
                    """, to: folder.file("alerts.json"))
                try await slipway.serving(["serve", "--alerts", folder.file("alerts.json")]) { _ in
                    let tried = try await slipway.run(["alerts", "test"])
                    #expect(tried.exitCode == 0, "\(tried)")
                }
            }
            #expect(
                Self.messages(kept).map { $0["headers"]?["Subject"]?.stringValue } == ["[slipway ticket] SlipwayTest"])
        }
    }
}
