import Synchronization
import Tensors
import Testing

@testable import Serve

/// Loading and unloading by clients, where they may; protocols.md 2.4.
@Suite struct ModelControls {
    /// Notes what it was asked for, and refuses what it is told to.
    final class Control: ModelControl {
        let asked = Mutex<[String]>([])
        let error: ModelControlError?
        var all: [String] { asked.withLock { $0 } }

        init(_ error: ModelControlError? = nil) { self.error = error }

        func names() async throws(ModelControlError) -> [String] { ["digits", "words"] }

        func load(_ model: String, for client: String) async throws(ModelControlError) {
            try note("load \(model) for \(client)")
        }

        func unload(_ model: String, for client: String) async throws(ModelControlError) {
            try note("unload \(model) for \(client)")
        }

        private func note(_ what: String) throws(ModelControlError) {
            asked.withLock { $0.append(what) }
            if let error { throw error }
        }
    }

    private static func run(
        _ control: Control?, _ body: @Sendable (TestPlane) async throws -> Void
    ) async throws {
        try await TestPlane.run([.of(.doubler())], configure: { $0.offersModelControl = true }) { server in
            if let control { server.plane.attach(control) }
            try await body(server)
        }
    }

    @Test func loadingAndUnloadingIsDoneAndAnswered() async throws {
        let control = Control()
        try await Self.run(control) { server in
            let client = try server.client()
            for body in ["", "{}", #"{"parameters":{"unload_dependents":true}}"#] {
                let loaded = try client.post("/v2/repository/models/words/load", body)
                #expect(loaded.status == 200 && loaded.text == #"{"name":"words","load":true}"#)
                let unloaded = try client.post("/v2/repository/models/digits/unload", body)
                #expect(unloaded.status == 200 && unloaded.text == #"{"name":"digits","unload":true}"#)
            }
            #expect(control.all.prefix(2) == ["load words for local", "unload digits for local"])
            let calls = try FrameClient(port: server.port)
            // Triton's message has the name in field 2, KServe's in field 1.
            for message in [[0x12, 5] + Array("words".utf8), [0x0A, 5] + Array("words".utf8)] as [[UInt8]] {
                let reply = try calls.call("RepositoryModelLoad", message)
                #expect(reply.status == 0 && reply.messages == [[0x0A, 5] + Array("words".utf8) + [0x10, 1]])
                #expect(try calls.call("RepositoryModelUnload", message).status == 0)
            }
            #expect(control.all.count == 10)
            #expect(
                try client.request("GET", "/v2").json?["extensions"]?.arrayValue?.contains("model_repository") == true)
        }
    }

    @Test func theIndexHasWhatCouldBeLoaded() async throws {
        try await Self.run(Control()) { server in
            let client = try server.client()
            let ready = #"[{"name":"digits","version":"3","state":"READY","reason":""}"#
            #expect(
                try client.post("/v2/repository/index", "").text
                    == ready + #",{"name":"words","state":"UNAVAILABLE","reason":"unloaded"}]"#)
            #expect(try client.post("/v2/repository/index", #"{"ready":true}"#).text == ready + "]")
            let calls = try FrameClient(port: server.port)
            #expect(try calls.call("RepositoryIndex").messages.first?.count ?? 0 > 40)
            #expect(try TestAnswer.fields(calls.call("RepositoryIndex", [0x10, 1]).messages[0]).count == 1)
        }
    }

    @Test(arguments: [
        (ModelControlError(.unknown, "no"), 404, 5), (ModelControlError(.refused, "no"), 409, 10),
        (ModelControlError(.failed, "no"), 500, 13),
    ])
    func refusalsKeepTheirKind(_ error: ModelControlError, _ status: Int, _ code: Int) async throws {
        try await Self.run(Control(error)) { server in
            let client = try server.client()
            let reply = try client.post("/v2/repository/models/words/load", "{}")
            #expect(reply.status == status && reply.error == "no")
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
            let call = try FrameClient(port: server.port).call("RepositoryModelLoad", [0x12, 1, 0x61])
            #expect(call.status == code)
        }
    }

    @Test func modelsOfTheRequestsOwnAreRefused() async throws {
        let control = Control()
        try await Self.run(control) { server in
            for parameters in [#"{"config":"{}"}"#, #"{"file:1/model.onnx":"AAAA"}"#] {
                let reply = try server.client().post(
                    "/v2/repository/models/words/load", #"{"parameters":\#(parameters)}"#)
                #expect(reply.status == 501 && reply.error?.contains("slipway import") == true)
            }
            let large = try server.client().request(
                "POST", "/v2/repository/models/words/load", headers: ["Content-Length: 100000000"])
            #expect(large.status == 501 && large.error?.contains("slipway import") == true)
            // {"config": string_param "{}"}
            let message: [UInt8] =
                [0x12, 1, 0x6D, 0x1A, 14, 0x0A, 6] + Array("config".utf8) + [0x12, 4, 0x1A, 2, 0x7B, 0x7D]
            #expect(try FrameClient(port: server.port).call("RepositoryModelLoad", message).status == 12)
            #expect(control.all.isEmpty)
        }
    }

    @Test func requestsBeforeTheServerIsUpAreToldSo() async throws {
        try await Self.run(nil) { server in
            let reply = try server.client().post("/v2/repository/models/words/load", "{}")
            #expect(reply.status == 503 && reply.code == "server_not_ready")
        }
    }
}
