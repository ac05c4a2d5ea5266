import Client
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct FileAttackTests {
        /// The most that a command may hold, in kilobytes: about a hundred megabytes beyond one that does nothing.
        private static let mostMemory = 160 << 10

        @Test
        func everyBombIsRefusedAtEveryDoorWithoutGoingOff() async throws {
            let slipway = try await Self.withBombs()
            let versions = try await slipway.json("list")
            let ended = try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                var largest = 0
                for attack in FileAttack.all {
                    largest = max(largest, try await Self.expectRefused(attack, attacked))
                }
                try await Self.attackRequests(attacked)
                try await attacked.expectQuietAgain()
                print("\(FileAttack.all.count) files refused; the largest command held \(largest) kB")
            }
            #expect(ended.exitCode == 0)
            #expect(try await slipway.json("list") == versions)
        }

        /// A home with the digits, and the files in its scratch folder.
        private static func withBombs() async throws -> Slipway {
            let slipway = try await Slipway.withDigits()
            let made = try await slipway.shell(
                """
                cd '\(slipway.scratch.path)' &&
                "\(try Slipway.python())" '\(Slipway.root)/Tests/EndToEndTests/clients/bombs.py' &&
                truncate -s 2G holes.csv && cp '\(Slipway.example("digits/mlp.onnx"))' .
                """)
            try #require(made.exitCode == 0, "\(made)")
            return slipway
        }

        /// - Returns: the most memory that the command or a child of it held, in kilobytes.
        private static func expectRefused(_ attack: FileAttack, _ attacked: AttackedServer) async throws -> Int {
            let place = attacked.slipway.scratch.path
            let arguments = attack.arguments.map {
                $0 == "SERVER" ? attacked.server.dataAddress : $0.hasPrefix("/") ? place + $0 : $0
            }
            let (outcome, peak) = try await attacked.slipway.measured(
                arguments, input: attack.input.map { place + $0 }, variables: "DOCKER_CONFIG='\(place)/docker'",
                within: 30)
            let code = outcome.exitCode ?? 139
            #expect(code != 0 && code < 128, "\(attack): \(outcome)")
            #expect(outcome.talk.hasPrefix("error[SW"), "\(attack): \(outcome)")
            #expect(outcome.talk.contains(attack.words), "\(attack): \(outcome)")
            #expect(!outcome.talk.contains("aborted"), "\(attack): \(outcome)")
            #expect(peak > 1000 && peak < mostMemory, "\(attack): \(peak) kB")
            attacked.expectDiscreet(outcome.talk.replacing(place, with: ""), attack.description)
            try await attacked.expectUnharmed(attack.description)
            return peak
        }

        /// What is packed in a request is not unpacked: neither plane takes encoded bodies.
        private static func attackRequests(_ attacked: AttackedServer) async throws {
            let bomb = try TextFile.bytes(attacked.slipway.scratch.file("gzip.onnx"))
            for encoding in ["gzip", "gzip, gzip, gzip", "deflate", "br", "zstd"] {
                let headers = [
                    HTTPHeader("content-type", "application/json"), HTTPHeader("content-encoding", encoding),
                ]
                let data = try await attacked.server.dataPlane().request(
                    "POST", "/v2/models/digits/infer", headers: headers, body: bomb)
                #expect(data.status == 415, "\(encoding): \(data.status) \(data.text)")
                let control = try await attacked.server.controlPlane().request(
                    "POST", "/api/v1/endpoints/digits/deploy", headers: headers, body: bomb)
                #expect((400...415).contains(control.status), "\(encoding): \(control.status) \(control.text)")
            }
        }

        /// Row 80: weights in a file of holes, beside a model that says it needs them.
        @Test
        func weightsMadeOfHolesAreRefused() async throws {
            let slipway = try Slipway()
            for (dimensions, words) in [([4, 3], "has"), ([1 << 19, 1 << 19], "")] as [([Int64], String)] {
                let folder = slipway.scratch.file("holes-\(dimensions[0])")
                let made = try await slipway.shell("mkdir '\(folder)' && truncate -s 1T '\(folder)/weights.bin'")
                try #require(made.exitCode == 0, "\(made)")
                let weights = TensorValue(
                    "w", .float32, dimensions, .external([StringEntry("location", "weights.bin")]))
                let graph = Graph(
                    "dense", nodes: [Node("MatMul", ["x", "w"], ["y"])], initializers: [weights],
                    inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(Int(dimensions[0]))])],
                    outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(Int(dimensions[1]))])])
                let file = "\(folder)/model.onnx"
                try TextFile.write(try Model(graph, opset: 17, irVersion: 8).encoded(), to: file)
                let (outcome, peak) = try await slipway.measured(["import", file, "--no-run"], within: 30)
                #expect(outcome.exitCode == 7, "\(outcome)")
                #expect(outcome.talk.hasPrefix("error[SW7") && outcome.talk.contains(words), "\(outcome)")
                #expect(peak < Self.mostMemory, "\(peak) kB")
            }
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
            #expect(try await slipway.json("list") == .array([]))
        }
    }
}

extension Slipway {
    /// Runs one command to its end, and tells the most memory that it or a process of its held, in kilobytes.
    ///
    /// - Parameter variables: assignments in front of the command, as a shell reads them.
    func measured(
        _ arguments: [String], input: String? = nil, variables: String = "", within seconds: Int
    ) async throws -> (outcome: Outcome, peak: Int) {
        let note = scratch.file("peak")
        let script = """
            import resource, subprocess, sys
            with open(sys.argv[2], "rb") as source:
                code = subprocess.run(sys.argv[3:], stdin=source).returncode
            with open(sys.argv[1], "w") as note:
                note.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
            sys.exit(code if code >= 0 else 128 - code)
            """
        let words = [try Self.python(), "-c", script, note, input ?? "/dev/null", try Self.binary()] + arguments
        let line = words.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
        let outcome = try await shell("\(variables) \(line)", within: seconds)
        return (outcome, Int(try TextFile.read(note)) ?? 0)
    }
}
