import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Row 90 of the attack list, and row 89 where the API is concerned: files of the server's machine and addresses in
    /// its network, where a program may only name what is registered.
    @Suite
    struct ForeignReferenceTests {
        /// Somebody who listens, and notices whether anybody comes.
        private final class Bait: Sendable {
            private let descriptor: Int32
            let port: Int

            init() throws {
                descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                var length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let descriptor = descriptor
                let done = withUnsafeMutablePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                            && getsockname(descriptor, $0, &length) == 0
                    }
                }
                guard done else { throw MissingTool("nothing can listen on 127.0.0.1") }
                port = Int(UInt16(bigEndian: address.sin_port))
            }

            deinit { close(descriptor) }

            /// Whether nobody has connected.
            var isUntouched: Bool {
                let visitor = accept(descriptor, nil, nil)
                if visitor >= 0 { close(visitor) }
                return visitor < 0
            }
        }

        /// Names of a file that is a valid model, and of a server that listens, in every spelling.
        private static func references(_ file: String, _ port: Int) -> [String] {
            let slashless = String(file.dropFirst())
            let escaped = file.replacing("/", with: "%2f")
            return [
                "file://\(file)", "file:\(file)", "file:////\(slashless)", "FILE://\(file)", "File:\(file)",
                "file%3A//\(file)", "file%253A//\(file)", "file://localhost\(file)", "file://127.0.0.1\(file)",
                "file://\(file)#x", "file://\(file)?x=1", "file:\\\\\\\(slashless)", " file://\(file)",
                "file:\(escaped)",
                "jar:file:\(file)!/x", "url:file://\(file)", "vfs://\(file)", file, "/proc/self/environ",
                "../../../../../../../../\(slashless)", "http://127.0.0.1:\(port)/x.onnx", "HTTP://127.0.0.1:\(port)/x",
                "https://127.0.0.1:\(port)/x", "http://[::1]:\(port)/x", "http://[::ffff:127.0.0.1]:\(port)/x",
                "http://0x7f.1:\(port)/x", "http://2130706433:\(port)/x", "http://localhost.:\(port)/x",
                "http://user@127.0.0.1:\(port)/x", "//127.0.0.1:\(port)/x", "127.0.0.1:\(port)/x:1",
                "localhost:\(port)/team/x:1", "oci://127.0.0.1:\(port)/x:1", "gopher://127.0.0.1:\(port)/_x",
                "dict://127.0.0.1:\(port)/x", "ftp://127.0.0.1:\(port)/x", "s3://127.0.0.1:\(port)/x",
                "data:application/octet-stream;base64,CAg=", "\\\\127.0.0.1@\(port)\\x",
            ]
        }

        @Test
        func noReferenceReachesAFileOrAnotherServer() async throws {
            let slipway = try await Slipway.withDigits()
            let versions = try await slipway.json("list")
            let bait = try Bait()
            let ended = try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                for reference in Self.references(Slipway.example("digits/cnn.onnx"), bait.port) {
                    try await Self.attackControlPlane(reference, attacked)
                    try await Self.attackRepository(reference, attacked)
                    try await Self.attackCommands(reference, attacked)
                    #expect(bait.isUntouched, "\(reference)")
                }
                try await attacked.expectUnharmed("row 90")
                try await attacked.expectQuietAgain()
            }
            #expect(ended.exitCode == 0)
            #expect(try await slipway.json("list") == versions)
            #expect(try await slipway.json("history", "digits").arrayValue?.count == 1)
        }

        /// The management API: in the bodies and in the paths.
        private static func attackControlPlane(_ reference: String, _ attacked: AttackedServer) async throws {
            let control = try attacked.server.controlPlane()
            let json = [HTTPHeader("content-type", "application/json")]
            let text = JSONValue.string(reference)
            for (action, body) in [
                ("deploy", [("version", text)]), ("deploy", [("version", "digits:1"), ("canary", text)]),
                ("deploy", [("file", text)]), ("deploy", [("url", text)]), ("reconcile", [("revision", text)]),
                ("rollback", [("to", text), ("source", text)]),
            ] as [(String, [(String, JSONValue)])] {
                let reply = try await control.request(
                    "POST", "/api/v1/endpoints/digits/\(action)", headers: json, body: JSONValue.object(body).encoded())
                // A number that is none is as if it had not been given: nothing to go back to, nothing to do.
                let isNothing = action == "reconcile" && reply.status == 200
                #expect((400...409).contains(reply.status) || isNothing, "\(action) \(reference): \(reply.text)")
                attacked.expectDiscreet(reply.text.replacing(reference, with: ""), "\(action) \(reference)")
            }
            let escaped = self.escaped(reference)
            for path in [
                "/api/v1/models/\(escaped)/versions", "/api/v1/models?after=\(escaped)",
                "/api/v1/endpoints/\(escaped)/history", "/models/\(escaped)", "/models/digits/\(escaped)",
                "/endpoints/\(escaped)",
            ] {
                let reply = try await control.request("GET", path)
                #expect((400...404).contains(reply.status), "\(path): \(reply.status) \(reply.text)")
            }
        }

        /// Triton's repository extension, whose `load` takes files and addresses there: here it takes nothing.
        private static func attackRepository(_ reference: String, _ attacked: AttackedServer) async throws {
            let data = try attacked.server.dataPlane()
            let json = [HTTPHeader("content-type", "application/json")]
            let text = JSONValue.string(reference)
            let parameters: [(String, JSONValue)] = [
                ("config", text), ("file:1/model.onnx", text), ("file:../../x", "CAg="), ("model_path", text),
            ]
            let body = JSONValue.object([("parameters", .object(parameters))]).encoded()
            for name in ["digits", escaped(reference)] {
                for action in ["load", "unload"] {
                    let path = "/v2/repository/models/\(name)/\(action)"
                    let reply = try await data.request("POST", path, headers: json, body: body)
                    #expect([400, 404, 501].contains(reply.status), "\(path): \(reply.status) \(reply.text)")
                    attacked.expectDiscreet(reply.text.replacing(reference, with: ""), path)
                }
            }
            let input = #"{"inputs":[{"name":"pixels","datatype":"FP32","shape":[1,64],"parameters":{"#
            for member in ["shared_memory_region", "binary_data_uri", "uri"] {
                let body = input + #""\#(member)":\#(text.encodedString())}}]}"#
                let reply = try await data.request(
                    "POST", "/v2/models/digits/infer", headers: json, body: Array(body.utf8))
                #expect([400, 501].contains(reply.status), "\(member) \(reference): \(reply.status) \(reply.text)")
            }
            let index = try await data.request("POST", "/v2/repository/index", headers: json, body: body)
            #expect(index.status == 200 && index.json?.arrayValue?.count == 1, "\(reference): \(index.text)")
        }

        /// The command line, where a name of something registered is asked for; a path of a file is not one.
        private static func attackCommands(_ reference: String, _ attacked: AttackedServer) async throws {
            let verbs = ["deploy", "plan", "rm", "evaluate", "export"].map { [$0] }
            // `show` takes a file: paths, never addresses. `import` also takes the addresses that a person writes there
            // (rules of their own, `SourceTests`), and no others.
            let paths = reference.contains(":") && !reference.hasPrefix("127.") && !reference.hasPrefix("localhost")
            let isSource = ["http://", "https://", "s3://", "oci://"].contains { reference.lowercased().hasPrefix($0) }
            let files = paths ? [["show"]] + (isSource ? [] : [["import", "--no-run", "--name", "hostile"]]) : []
            for verb in verbs + files {
                let outcome = try await attacked.slipway.run([verb[0], reference] + verb.dropFirst(), within: 20)
                #expect([3, 64].contains(outcome.exitCode), "\(verb[0]) \(reference): \(outcome)")
                #expect(outcome.talk.hasPrefix("error"), "\(verb[0]) \(reference): \(outcome)")
            }
        }

        private static func escaped(_ text: String) -> String {
            text.utf8.map { byte in
                let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte)
                return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
    }
}
