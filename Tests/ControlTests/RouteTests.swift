import Engines
import Home
import Registry
import Release
import Tensors
import Testing
import Trust

@testable import Control

/// What the routes answer, behind the gate.
@Suite(.timeLimit(.minutes(1))) struct RouteTests {
    private let harbour: Harbour
    private let bridge: Bridge
    private let here = ["endpoint": "digits"]

    init() throws {
        harbour = try Harbour()
        bridge = try Bridge(harbour)
        try harbour.version("runs one", note: "the <first>")
        try harbour.version("runs two")
        try harbour.version("fails")
    }

    private func api(_ action: String, _ body: String = "{}") async throws -> JSONValue? {
        try await bridge.call(.post, "/api/v1/endpoints/:endpoint/\(action)", parameters: here, body: body).json
    }

    private func deploy(_ version: String) async throws -> JSONValue? {
        try await api("deploy", #"{"version": "\#(version)"}"#)
    }

    private func page(_ path: String, _ parameters: [String: String] = [:], _ query: [String: String] = [:])
        async throws
        -> ControlReply
    {
        try await bridge.call(.get, path, parameters: parameters, query: query)
    }

    // MARK: - Management

    @Test func aReleaseGoesThroughTheAPI() async throws {
        let first = try await deploy("digits:1")
        #expect(first?["outcome"] == "healthy" && first?["revision"] == 1)
        #expect(first?["report"]?["loaded"] == ["digits:1"])
        #expect(first?["report"]?["secondsToSwap"]?.doubleValue != nil)
        let canary = try await api("deploy", #"{"version": "digits:2", "canary": "25%"}"#)
        #expect(canary?["traffic"] == "digits:1 75%, digits:2 25% (canary)")
        #expect(try await api("promote")?["traffic"] == "digits:2 100%")
        #expect(try await api("rollback")?["traffic"] == "digits:1 100%")
        #expect(try await api("rollback", #"{"to": 3}"#)?["cause"] == "rollback to 3")
        #expect(try await api("reconcile", #"{"revision": 1}"#)?["outcome"] == "healthy")
        #expect(try await api("undeploy")?["traffic"] == "withdrawn")
        let history = try await bridge.call(.get, "/api/v1/endpoints/:endpoint/history", parameters: here).json?
            .arrayValue
        #expect(history?.map { $0["revision"] } == [6, 5, 4, 3, 2, 1])
    }

    @Test func aVersionThatFailsIsReportedAndNotServed() async throws {
        _ = try await deploy("digits:1")
        let failed = try await deploy("digits:3")
        #expect(failed?["outcome"] == "failed" && failed?["report"]?["loaded"] == [])
        #expect(failed?["reason"]?.stringValue?.contains("made to fail") == true)
        let status = try await bridge.call(.get, "/api/v1/status").json
        let endpoint = status?["endpoints"]?.arrayValue?.first
        #expect(endpoint?["state"] == "ready, last change failed" && endpoint?["revision"] == 1)
        #expect(endpoint?["lastChange"]?["outcome"] == "failed")
        #expect(status?["server"]?["version"] == "1.2.3" && status?["server"]?["pid"] == 7)
    }

    @Test func statusFollowsAnEndpointThroughItsLife() async throws {
        func state() async throws -> JSONValue? {
            try await bridge.call(.get, "/api/v1/status").json?["endpoints"]?.arrayValue?.first?["state"]
        }
        #expect(try await state() == nil)
        _ = try harbour.deployments.submit(.deploy(harbour.deployments.candidate(Reference("digits:1"))), for: .digits)
        #expect(try await state() == "loading")
        _ = try await api("reconcile")
        #expect(try await state() == "ready")
        _ = try harbour.deployments.submit(.deploy(harbour.deployments.candidate(Reference("digits:2"))), for: .digits)
        #expect(try await state() == "changing")
        _ = try await api("undeploy")
        #expect(try await state() == "withdrawn")
        #expect(try await bridge.call(.get, "/api/v1/status").json?["ready"] == false)
        await harbour.platform.complete()
        #expect(try await bridge.call(.get, "/api/v1/status").json?["ready"] == true)
    }

    @Test(arguments: [
        ("deploy", "", 400), ("deploy", "{}", 400), ("deploy", #"{"version": "digits:9"}"#, 404),
        ("deploy", #"{"version": "Digits"}"#, 400), ("deploy", #"{"version": "digits:1", "canary": "200%"}"#, 400),
        ("deploy", #"{"version": "digits:1", "canary": "10%"}"#, 409), ("promote", "{}", 409), ("rollback", "{}", 404),
        ("rollback", "[", 400), ("rollback", #"{"to": 9}"#, 404), ("undeploy", "{}", 404), ("reconcile", "{}", 404),
        ("reconcile", "{\"revision\": 1, \"revision\": 2}", 400),
    ]) func whatCannotBeDoneIsSaidWithAStatus(action: String, body: String, status: Int) async throws {
        do {
            let reply = try await api(action, body)
            Issue.record("\(action) \(body): \(String(describing: reply))")
        } catch {
            let (found, message, _) = ControlReply.describe(error)
            #expect(found == status, "\(error)")
            #expect(!message.isEmpty)
        }
        #expect(try harbour.deployments.endpoints().isEmpty)
    }

    @Test func namesThatCannotBeAreRefused() async throws {
        for name in ["", "..", "a/b", "<b>", String(repeating: "a", count: 1000), "digits\r\nX: y"] {
            await #expect(throws: ReleaseError.self) {
                try await bridge.call(.get, "/api/v1/endpoints/:endpoint/history", parameters: ["endpoint": name])
            }
            #expect(try await page("/endpoints/:endpoint", ["endpoint": name]).status == 404)
            let reply = try await bridge.call(.post, "/endpoints/:endpoint/rollback", parameters: ["endpoint": name])
            #expect(reply.status == 400 && reply.location == nil && !reply.text.contains("<b>"))
        }
    }

    // MARK: - Pages of lists

    @Test func listsComeInPages() async throws {
        let path = "/api/v1/models/:model/versions"
        let first = try await bridge.call(.get, path, parameters: ["model": "digits"], query: ["limit": "2"]).json
        #expect(first?["items"]?.arrayValue?.map { $0["version"] } == [3, 2] && first?["next"] == 2)
        let rest = try await bridge.call(
            .get, path, parameters: ["model": "digits"], query: ["limit": "1000000000", "after": "2"]
        ).json
        #expect(rest?["items"]?.arrayValue?.map { $0["version"] } == [1] && rest?["next"] == .null)
        let models = try await bridge.call(.get, "/api/v1/models").json
        #expect(models?["items"]?.arrayValue?.map { $0["model"] } == ["digits"])
        #expect(try await bridge.call(.get, "/api/v1/models", query: ["after": "digits"]).json?["items"] == .array([]))

        _ = try await deploy("digits:1")
        _ = try await deploy("digits:2")
        let history = try await bridge.call(
            .get, "/api/v1/endpoints/:endpoint/history", parameters: here, query: ["limit": "1"]
        ).json
        #expect(history?["items"]?.arrayValue?.map { $0["revision"] } == [2] && history?["next"] == 2)

        let page = try await page("/models/:model", ["model": "digits"], ["limit": "2"])
        #expect(page.text.contains("href=\"/models/digits?after=2\"") && page.text.contains("digits:3"))
        let older = try await self.page("/models/:model", ["model": "digits"], ["after": "2"])
        #expect(older.text.contains("digits:1") && !older.text.contains("digits:3") && !older.text.contains("after="))
    }

    @Test(arguments: ["0", "-1", "1e9", "x", "", "99999999999999999999", "1;DROP TABLE versions"])
    func forgedCursorsAndLimitsAreRefused(_ text: String) async throws {
        for query in [["limit": text], ["after": text.isEmpty ? "-" : text]] {
            for path in ["/api/v1/models/:model/versions", "/api/v1/endpoints/:endpoint/history"] {
                let error = await #expect(throws: RegistryError.self) {
                    try await bridge.call(
                        .get, path, parameters: here.merging(["model": "digits"]) { $1 }, query: query)
                }
                #expect(error.map { ControlReply.describe($0).status } == 400)
            }
            #expect(try await page("/models/:model", ["model": "digits"], query).status == 404)
        }
    }

    // MARK: - Errors

    @Test(
        arguments: [
            (ReleaseError(.notFound, "m"), 404), (ReleaseError(.conflict, "m"), 409), (ReleaseError(.stale, "m"), 409),
            (ReleaseError(.quarantined, "m"), 409), (ReleaseError(.invalid, "m"), 400),
            (ReleaseError(.failed, "m"), 500),
            (RegistryError(.notFound, "m"), 404), (RegistryError(.conflict, "m"), 409),
            (RegistryError(.invalid, "m"), 400),
            (HomeError(.io, "m"), 503), (HomeError(.notFound, "m"), 404), (ControlError(.refused, "m"), 403),
            (ControlError(.failed, "m"), 409), (TrustError(.refused, "m"), 403),
            (EngineError(.runFailed, .openVINO, "m"), 500),
        ] as [(any Error, Int)]) func errorsHaveAStatus(error: any Error, status: Int)
    {
        let reply = ControlReply.problem(error)
        #expect(reply.status == status && reply.contentType == "application/problem+json")
        #expect(reply.json?["status"]?.intValue == status)
        #expect(reply.json?["error"]?.stringValue?.isEmpty == false)
    }

    @Test func whatIsNobodysBusinessIsNotRepeated() {
        let path = "/home/ada/secret"
        for error in [HomeError(.io, path), EngineError(.runFailed, .openVINO, path), CancellationError()]
            as [any Error]
        {
            #expect(!ControlReply.problem(error).text.contains("secret"))
        }
    }

    // MARK: - Pages

    @Test func pagesShowWhatIsServed() async throws {
        #expect(try await page("/").text.contains("Nothing is deployed yet"))
        _ = try await deploy("digits:1")
        _ = try await deploy("digits:2")
        let overview = try await page("/")
        #expect(overview.status == 200 && overview.contentType == "text/html; charset=utf-8")
        #expect(overview.text.contains("✓ ready") && overview.text.contains("Roll back to digits:1"))
        let endpoint = try await page("/endpoints/:endpoint", here)
        #expect(
            endpoint.text.contains("<textarea id=\"in-0\" name=\"in-0\"") && endpoint.text.contains("curl -s http://"))
        let models = try await page("/models")
        #expect(models.text.contains("the &lt;first&gt;"))
        let version = try await page("/models/:model/:number", ["model": "digits", "number": "1"])
        #expect(version.status == 200 && version.text.contains("FP32") && version.text.contains("[N, 2]"))
    }

    @Test(arguments: [("digits", "9"), ("digits", "x"), ("nothing", "1"), ("<b>", "1")])
    func whatIsNotThereIsNotFound(model: String, number: String) async throws {
        let reply = try await page("/models/:model/:number", ["model": model, "number": number])
        #expect(reply.status == 404 && !reply.text.contains("<b>"))
    }

    @Test func formsLeadBackToTheirPage() async throws {
        _ = try await deploy("digits:1")
        _ = try await api("deploy", #"{"version": "digits:2", "canary": "25%"}"#)
        let promoted = try await bridge.call(.post, "/endpoints/:endpoint/promote", parameters: here)
        #expect(promoted.status == 303 && promoted.location == "/endpoints/digits?done=promoted")
        let rolledBack = try await bridge.call(.post, "/endpoints/:endpoint/rollback", parameters: here)
        #expect(rolledBack.location == "/endpoints/digits?done=rolled+back")
        let refused = try await bridge.call(.post, "/endpoints/:endpoint/promote", parameters: here)
        #expect(refused.status == 409 && refused.text.contains("Nothing was changed"))
    }

    @Test func aNoticeIsOneOfOurs() async throws {
        _ = try await deploy("digits:1")
        let told = try await page("/endpoints/:endpoint", here, ["done": "rolled back"])
        #expect(told.text.contains("digits was rolled back."))
        let forged = try await page("/endpoints/:endpoint", here, ["done": "hacked, call 555", "failed": "<b>"])
        #expect(!forged.text.contains("hacked") && !forged.text.contains("role=\"status\""))
    }

    @Test func anAnswerThatDoesNotComeIsSaid() async throws {
        _ = try await deploy("digits:1")
        func ask(_ body: String) async throws -> ControlReply {
            try await bridge.call(.post, "/endpoints/:endpoint/try", parameters: here, body: body)
        }
        #expect(try await ask("in-0=1+x").text.contains("&#39;x&#39; in &#39;pixels&#39; is no number"))
        #expect(try await ask("in-0=1+2").text.contains("<p class=\"note bad\">"))
        #expect(try await ask("in-0=%3C/textarea%3E%3Cb%3E").text.contains("&lt;/textarea&gt;&lt;b&gt;"))
        for number in ["inf", "nan", "1e300", "9223372036854775807"] {
            #expect(try await ask("in-0=\(number)+\(number)").status == 200)
        }
    }

    @Test func withoutAMeasurementThereIsNoFigure() async throws {
        _ = try await deploy("digits:1")
        let endpoint = try await page("/endpoints/:endpoint", here).text
        #expect(endpoint.contains("<dt>p99</dt><dd>–</dd>"))
        #expect(!endpoint.contains("<desc>"))
    }

    @Test func filesOfThePageHaveTheirTypes() async throws {
        #expect(try await page("/console/style.css").contentType == "text/css; charset=utf-8")
        #expect(try await page("/console/script.js").contentType == "text/javascript; charset=utf-8")
        #expect(try await page("/console/icon.svg").contentType == "image/svg+xml")
        #expect(try await page("/healthz").json == ["live": true])
        #expect(try await page("/metrics").contentType.hasPrefix("text/plain; version=0.0.4"))
    }
}
