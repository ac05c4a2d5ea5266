import Client
import Glibc
import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct NativeCrashTests {
        /// The worker dies of a segmentation fault, as in native code, while a version comes in.
        @Test
        func aVersionThatCrashesTheServerIsQuarantinedAndThePreviousOneAnswers() async throws {
            let slipway = try Slipway()
            // The second takes long enough to warm that it can be hit there.
            for (index, layers) in [1, 24].enumerated() {
                let file = slipway.scratch.file("chain-\(index).onnx")
                try TextFile.write(MadeModel.chain(layers: layers, width: 1024), to: file)
                try await slipway.expect("import", file, "--name", "chain", "--no-run")
            }
            try await slipway.expect("deploy", "chain:1")
            let ended = try await slipway.serving { server in
                let data = try server.dataPlane()
                let body = Array(Self.request.utf8)
                let path = "/v2/models/chain/infer"
                #expect(try await data.request("POST", path, headers: Self.json, body: body).status == 200)

                async let deployed = slipway("deploy", "chain:2")
                let database = try HomeDatabase.open(HomeDirectory(path: slipway.home.path))
                try await wait(for: "chain:2 to enter") {
                    try database.read { try $0.marks(.entering) }.contains { $0.endpoint == "chain" }
                }
                #expect(kill(server.worker, SIGSEGV) == 0)
                let died = ContinuousClock.now
                try await wait(for: "the server to be gone") { kill(server.worker, 0) != 0 }
                try await wait(for: "the previous revision to answer") {
                    let reply = try? await data.request("POST", path, headers: Self.json, body: body)
                    return reply?.status == 200 && reply?.json?["model_version"]?.stringValue == "1"
                }
                print("the previous revision answered \(ContinuousClock.now - died) after the crash")
                #expect(try await deployed.exitCode != 0)
                try database.close()
                let again = try await slipway("deploy", "chain:2")
                #expect(again.exitCode == 5 && again.talk.contains("quarantine"), "\(again)")
            }
            #expect(ended.exitCode == 0, "\(ended.talk)")
            #expect(ended.talk.contains("was killed by signal 11; starting it again"), "\(ended.talk)")
            #expect(ended.talk.contains("is quarantined"), "\(ended.talk)")
        }

        private static let json = [HTTPHeader("content-type", "application/json")]
        private static let request: String = {
            let zeros = Array(repeating: "0", count: 1024).joined(separator: ",")
            return #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1024],"data":[\#(zeros)]}]}"#
        }()
    }
}
