import Release
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

        func load(
            _ model: String, changing change: ConfigurationChange?, for client: String
        ) async throws(ModelControlError) {
            let words = change.map { " with batches \($0.applied(to: .auto))" } ?? ""
            try note("load \(model)\(words) for \(client)")
        }

        func load(_ model: String, from reference: String, for client: String) async throws(ModelControlError) {
            try note("load \(reference) as \(model) for \(client)")
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
            #expect(reply.status == status && reply.error == "failed to load 'words': no")
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
            let call = try FrameClient(port: server.port).call("RepositoryModelLoad", [0x12, 1, 0x61])
            #expect(call.status == code)
        }
    }

    @Test func modelsOfTheRequestsOwnAreRefused() async throws {
        let control = Control()
        try await Self.run(control) { server in
            let reply = try server.client().post(
                "/v2/repository/models/words/load", #"{"parameters":{"config":"{}","file:1/model.onnx":"AAAA"}}"#)
            let start = "failed to load 'words': failed to poll from model repository: "
            #expect(reply.status == 500 && reply.error?.hasPrefix(start) == true)
            let large = try server.client().request(
                "POST", "/v2/repository/models/words/load", headers: ["Content-Length: 100000000"])
            #expect(large.status == 500 && large.error?.contains("slipway import") == true)
            // {"file:": bytes_param ""}
            let message: [UInt8] = [0x12, 1, 0x6D, 0x1A, 11, 0x0A, 5] + Array("file:".utf8) + [0x12, 2, 0x22, 0]
            #expect(try FrameClient(port: server.port).call("RepositoryModelLoad", message).status == 13)
            #expect(control.all.isEmpty)
        }
    }

    @Test func aConfigurationOfTheRequestsOwnChangesBatching() async throws {
        let control = Control()
        try await Self.run(control) { server in
            let client = try server.client()
            func load(_ config: String, of model: String = "digits") throws -> RawClient.Reply {
                let parameters = JSONValue.object([("parameters", .object([("config", .string(config))]))])
                return try client.post(
                    "/v2/repository/models/\(model)/load", String(decoding: parameters.encoded(), as: UTF8.self))
            }
            #expect(try load(#"{"max_batch_size":"16"}"#).status == 200)
            #expect(try load(try client.request("GET", "/v2/models/digits/config").text).status == 200)
            #expect(try load("{}", of: "words").status == 200)
            for (config, words) in [
                ("\"parameters\": {}", "is no JSON"), ("[]", "no JSON object"),
                (#"{"platform":"tensorrt"}"#, "'platform'"),
                (#"{"max_batch_size":-1}"#, "no count"), (#"{"dynamic_batching":{"x":1}}"#, "'dynamic_batching.x'"),
            ] {
                let reply = try load(config)
                #expect(reply.status == 409 && reply.error?.hasPrefix("failed to load 'digits': its 'config' ") == true)
                #expect(reply.error?.contains(words) == true, "\(reply.text)")
            }
            // {"config": string_param "{}"}
            let message: [UInt8] =
                [0x12, 1, 0x6D, 0x1A, 14, 0x0A, 6] + Array("config".utf8) + [0x12, 4, 0x1A, 2, 0x7B, 0x7D]
            #expect(try FrameClient(port: server.port).call("RepositoryModelLoad", message).status == 0)
            #expect(
                control.all == [
                    "load digits with batches up to 16 for local", "load digits with batches auto for local",
                    "load words with batches auto for local", "load m with batches auto for local",
                ])
        }
    }

    @Test(arguments: [
        (#"{"max_batch_size":1}"#, "off"), (#"{"max_batch_size":0}"#, "off"),
        (#"{"max_batch_size":4}"#, "up to 4 delay=9us"),
        (#"{"dynamic_batching":{"max_queue_delay_microseconds":"70"}}"#, "up to 8 delay=70us preferred=2,8"),
        (#"{"dynamic_batching":{"preferred_batch_size":[4]}}"#, "up to 8 delay=9us preferred=4"),
    ])
    func whatAConfigurationLeavesOutStays(_ config: String, _ batching: String) throws {
        let change = try ConfigurationChange(config, present: nil)
        let before = BatchingChoice.named(NamedBatching(rows: 8, delay: 9, preferred: [2, 8]))
        #expect(change.applied(to: before).description.hasPrefix(batching))
    }

    // MARK: - Multi-model endpoints; protocols.md 8.3

    @Test func aMultiModelEndpointIsLoadedListedAskedAndEmptied() async throws {
        let control = Control()
        try await Self.run(control) { server in
            let client = try server.client()
            #expect(
                try client.request("GET", "/models").text
                    == #"{"models":[{"modelName":"digits","modelUrl":"digits:3"}]}"#)
            #expect(
                try client.request("GET", "/models/digits").text == #"{"modelName":"digits","modelUrl":"digits:3"}"#)
            #expect(try client.request("GET", "/models/words").status == 404)
            let answer = try client.post(
                "/models/digits/invoke", #"{"instances":[[1,2,3,4]]}"#,
                headers: ["X-Amzn-SageMaker-Target-Model: other"])
            #expect(answer.text == #"{"predictions":[[2.0,4.0,6.0,8.0]]}"#)
            #expect(try client.post("/models/words/invoke", #"{"instances":[[1,2,3,4]]}"#).status == 404)

            let again = try client.post("/models", #"{"model_name":"digits","url":"digits:3"}"#)
            #expect(again.status == 409 && again.error == "model 'digits' is loaded already; delete it first")
            #expect(try client.post("/models", #"{"model_name":"w1","url":"words:2"}"#).status == 200)
            #expect(try client.post("/models", #"{"model_name":"words"}"#).status == 200)
            #expect(try client.request("DELETE", "/models/digits").status == 200)
            #expect(control.all == ["load words:2 as w1 for local", "load words for local", "unload digits for local"])

            let files = try client.post("/models", #"{"model_name":"a","url":"/opt/ml/models/a/model"}"#)
            #expect(files.status == 501 && files.error?.contains("slipway import") == true)
            for body in ["", "{}", "[]", #"{"url":"digits:1"}"#] {
                #expect(try client.post("/models", body).status == 400, "\(body)")
            }
            let other = try client.request("PUT", "/models/digits")
            #expect(other.status == 405 && other.text.contains("DELETE"))
        }
    }

    @Test(arguments: [
        (ModelControlError(.unknown, "no"), 404), (ModelControlError(.refused, "no"), 409),
        (ModelControlError(.outOfMemory, "no"), 507), (ModelControlError(.failed, "no"), 500),
    ])
    func whatAMultiModelEndpointRefusesHasItsStatus(_ error: ModelControlError, _ status: Int) async throws {
        try await Self.run(Control(error)) { server in
            let client = try server.client()
            #expect(try client.post("/models", #"{"model_name":"w"}"#).status == status)
            #expect(try client.request("DELETE", "/models/w").status == status)
        }
    }

    @Test func withoutModelControlNothingIsLoaded() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            #expect(try client.post("/models", #"{"model_name":"w"}"#).status == 501)
            #expect(try client.request("DELETE", "/models/digits").status == 501)
            #expect(try client.request("GET", "/models").status == 200)
        }
    }

    @Test func listsOfModelsComePageByPage() async throws {
        let names = (0..<205).map { "m\(1000 + $0)" }
        try await TestPlane.run(names.map { .of(.doubler(), name: $0) }) { server in
            var (found, token): ([String], String?) = ([], nil)
            var pages = 0
            repeat {
                let reply = try server.client().request("GET", "/models\(token.map { "?next_page_token=\($0)" } ?? "")")
                found += reply.json?["models"]?.arrayValue?.compactMap { $0["modelName"]?.stringValue } ?? []
                token = reply.json?["nextPageToken"]?.stringValue
                pages += 1
            } while token != nil && pages < 10
            #expect(found == names && pages == 3)
        }
    }

    @Test func requestsBeforeTheServerIsUpAreToldSo() async throws {
        try await Self.run(nil) { server in
            let reply = try server.client().post("/v2/repository/models/words/load", "{}")
            #expect(reply.status == 503 && reply.code == "server_not_ready")
        }
    }
}
