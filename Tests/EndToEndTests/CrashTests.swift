import Client
import Glibc
import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct CrashTests {
        @Test
        func aKilledWorkerComesBackOnTheSamePortsWithWhatWasDeployed() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let ended = try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                #expect(kill(server.worker, SIGKILL) == 0)
                try await wait(for: "another worker") {
                    let status = try await slipway.run(["status", "--json"])
                    let process = status.json?["server"]?["pid"]?.intValue
                    return process != nil && process != Int(server.worker)
                }
                try await wait(for: "readiness") { (try? await client.isReady(endpoint: "digits")) == true }
                let reply = try await client.infer(digits.request(0))
                #expect(reply.modelVersion == "1")
                #expect(try await server.controlPlane().request("GET", "/healthz").status == 200)
            }
            #expect(ended.exitCode == 0, "\(ended.talk)")
            #expect(ended.talk.contains("was killed by signal 9; starting it again"))
        }

        /// The end that is asked for while the supervisor starts the server again comes all the same.
        @Test(.timeLimit(.minutes(1)))
        func aStopBetweenTwoLivesIsNotLost() async throws {
            let slipway = try Slipway()
            for pause in 0..<20 {
                let ended = try await slipway.serving { server in
                    #expect(kill(server.worker, SIGKILL) == 0)
                    // From before the supervisor notices until after the next worker has begun.
                    try await Task.sleep(for: .milliseconds(pause * 3))
                }
                #expect(ended.exitCode == 0 || ended.exitCode == 128 + SIGKILL, "\(ended)")
            }
        }

        @Test
        func aVersionThatWasEnteringWhenTheServerDiedIsQuarantined() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let digits = try DigitsExample()
            // Revision 1 is in force, revision 2 is recorded, and the server dies while digits:2 comes in.
            try await slipway.serving { _ in }
            try await slipway.expect("deploy", "digits:2")
            let digest = try await slipway.json("show", "digits:2")["digest"]?.stringValue ?? ""
            let database = try HomeDatabase.open(HomeDirectory(path: slipway.home.path))
            try database.write { try $0.setMark(.entering, ofDigest: digest, at: "digits", reason: "1") }
            try database.close()

            let ended = try await slipway.serving(["serve", "--worker", "--after-crash"]) { server in
                let client = InferenceClient(try server.dataPlane())
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                let again = try await slipway("deploy", "digits:2")
                #expect(again.exitCode == 5, "\(again)")
                #expect(again.talk.contains("quarantine"), "\(again)")
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
            }
            #expect(ended.exitCode == 0)
            #expect(ended.talk.contains("is quarantined"))
            let history = try await slipway.json("history", "digits").arrayValue ?? []
            #expect(history.map { $0["outcome"]?.stringValue } == ["failed", "healthy"])
        }

        @Test
        func aRestartServesWhatWasDeployed() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                try await slipway.expect("deploy", "digits:2", "--canary", "50%")
            }
            try await slipway.serving { server in
                let address = try ServerAddress(server.dataAddress)
                var configuration = LoadConfiguration()
                configuration.requestLimit = 200
                let load = try await LoadGenerator(address, samples: try digits.samples(for: address)).start(
                    configuration)
                let report = await load.finish()
                #expect(report.ok == 200, "\(report.messages)")
                #expect(Set(report.versions.keys) == ["1", "2"])
                let endpoint = try await slipway.json("status", "digits")["endpoints"]?.arrayValue?.first
                #expect(endpoint?["revision"]?.intValue == 2)
            }
        }

        /// When the import is killed: once so many files whose names begin like this are in this folder of the home.
        struct Moment: CustomTestStringConvertible, Sendable {
            var folder: String
            var prefix: String
            var count: Int

            var testDescription: String { "\(count) \(prefix)* in \(folder)" }

            static let all = [
                Moment(folder: "tmp", prefix: "import-", count: 1), Moment(folder: "tmp", prefix: "blob-", count: 1),
                Moment(folder: "blobs/sha256", prefix: "", count: 1),
                Moment(folder: "blobs/sha256", prefix: "", count: 2),
                Moment(folder: "blobs/sha256", prefix: "", count: 3),
            ]
        }

        @Test(arguments: Moment.all)
        func aKilledImportLeavesNothingOrEverything(_ moment: Moment) async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("large.onnx")
            try TextFile.write(MadeModel.chain(layers: 2, width: 2048), to: file)
            try await slipway.expect("list")
            let killed = try await slipway.shell(
                """
                "\(Slipway.binary())" import "\(file)" --name large >/dev/null 2>&1 & import=$!
                while kill -0 $import 2>/dev/null; do
                    set -- "\(slipway.home.path)/\(moment.folder)/\(moment.prefix)"*
                    [ -e "$1" ] && [ $# -ge \(moment.count) ] && kill -9 $import 2>/dev/null
                done
                wait $import
                """)
            let versions = try await slipway.json("list").arrayValue ?? []
            if moment.prefix == "import-" { #expect(killed.exitCode == 137 && versions.isEmpty, "\(killed)") }
            if !versions.isEmpty { try await slipway.expect("show", "large:1") }

            let again = try await slipway.json("import", file, "--name", "large")
            #expect(again["reference"]?.stringValue == "large:1")
            #expect(try await slipway.json("list").arrayValue?.count == 1)
            try await slipway.expect("show", "large:1")
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
        }
    }
}
