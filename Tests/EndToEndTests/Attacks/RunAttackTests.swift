import Client
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct RunAttackTests {
        /// Every attack finds the server as the one before it did: the same process, no memory taken.
        @Test
        func everyHostileNumberIsAnsweredInWordsAndHarmsNothing() async throws {
            let slipway = try await Slipway.withDigits()
            try await Self.deployTargets(slipway)
            let ended = try await slipway.serving(["serve", "--memory", "512MB"]) { server in
                let attacked = try await AttackedServer(slipway, server)
                for attack in RunAttack.all {
                    try await Self.expectAnswered(attack, attacked)
                    try await attacked.expectUnharmed(attack.description)
                }
                try await attacked.expectQuietAgain()
            }
            #expect(ended.exitCode == 0)
            #expect(!ended.talk.contains("was killed"), "\(ended.talk)")
        }

        private static func deployTargets(_ slipway: Slipway) async throws {
            let fixtures = "\(Slipway.root)/Tests/EnginesTests/Fixtures"
            try TextFile.write(MadeModel.echo(input: "x"), to: slipway.scratch.file("echo.onnx"))
            try TextFile.write(try single().encoded(), to: slipway.scratch.file("single.onnx"))
            try TextFile.write(try gather().encoded(), to: slipway.scratch.file("gather.onnx"))
            try TextFile.write(try division().encoded(), to: slipway.scratch.file("division.onnx"))
            for (name, node) in text {
                try TextFile.write(try Self.reading(node).encoded(), to: slipway.scratch.file("\(name).onnx"))
            }
            let targets =
                [
                    ("words", "\(fixtures)/identity_string.onnx", "onnxruntime"),
                    ("echo", slipway.scratch.file("echo.onnx"), "onnxruntime"),
                    ("single", slipway.scratch.file("single.onnx"), "onnxruntime"),
                    ("gather", slipway.scratch.file("gather.onnx"), "onnxruntime"),
                    ("division", slipway.scratch.file("division.onnx"), "onnxruntime"),
                    ("fill", "\(fixtures)/fill.onnx", "onnxruntime"),
                    ("expand", "\(fixtures)/expand.onnx", "onnxruntime"),
                    ("tile", "\(fixtures)/tile.onnx", "onnxruntime"),
                    ("range", "\(fixtures)/range.onnx", "onnxruntime"),
                    ("other", "\(fixtures)/fill.onnx", "openvino"),
                ] + text.map { ($0.name, slipway.scratch.file("\($0.name).onnx"), "onnxruntime") }
            for (name, file, engine) in targets {
                try await slipway.expect("import", file, "--name", name, "--no-run")
                try await slipway.expect("deploy", "\(name):1", "--engine", engine)
            }
        }

        /// What looks for patterns in the text that a request brings.
        private static let text: [(name: String, node: Node)] = [
            ("repeated", Node("RegexFullMatch", ["x"], ["y"], attributes: [Attribute("pattern", .text("(a+)+"))])),
            (
                "alternating",
                Node("RegexFullMatch", ["x"], ["y"], attributes: [Attribute("pattern", .text("(a|aa)+b?(a*)*c"))])
            ),
            ("split", Node("StringSplit", ["x"], ["words", "y"])),
        ]

        /// `x` STRING [N] to `y` [N]: whether it matches, or how many words it has.
        private static func reading(_ node: Node) -> Model {
            let type: ElementType = node.operatorType == "StringSplit" ? .int64 : .bool
            let graph = Graph(
                "reading", nodes: [node], inputs: [ValueInfo("x", .string, [.symbol("N")])],
                outputs: [ValueInfo("y", type, [.symbol("N")])])
            return Model(graph, opset: 20, irVersion: 9)
        }

        /// One row, and no more.
        private static func single() throws -> Model {
            let port = { ValueInfo($0, .float32, [.fixed(1), .fixed(4)]) }
            let graph = Graph(
                "single", nodes: [Node("Identity", ["x"], ["y"])], inputs: [port("x")], outputs: [port("y")])
            return Model(graph, opset: 17, irVersion: 8)
        }

        /// Takes one of four rows.
        private static func gather() throws -> Model {
            let rows = try Tensor(.float32, Shape([4]), values: [1, 2, 3, 4] as [Float])
            let graph = Graph(
                "gather", nodes: [Node("Gather", ["rows", "i"], ["y"])], initializers: [TensorValue("rows", rows)],
                inputs: [ValueInfo("i", .int64, [.symbol("N")])], outputs: [ValueInfo("y", .float32, [.symbol("N")])])
            return Model(graph, opset: 17, irVersion: 8)
        }

        /// `a / (b - 2)`: the made-up zeros and ones of a warm-up do not divide by zero.
        private static func division() throws -> Model {
            let two = try Tensor(.int64, Shape([1]), values: [2] as [Int64])
            let port = { ValueInfo($0, .int64, [.symbol("N")]) }
            let graph = Graph(
                "division", nodes: [Node("Sub", ["b", "two"], ["d"]), Node("Div", ["a", "d"], ["y"])],
                initializers: [TensorValue("two", two)], inputs: [port("a"), port("b")], outputs: [port("y")])
            return Model(graph, opset: 17, irVersion: 8)
        }

        private static func expectAnswered(_ attack: RunAttack, _ attacked: AttackedServer) async throws {
            let client = try attacked.server.dataPlane()
            var headers = [HTTPHeader("content-type", "application/json")]
            if attack.tail != nil {
                headers.append(HTTPHeader("inference-header-content-length", String(attack.json.utf8.count)))
            }
            let reply = try await client.request(
                "POST", "/v2/models/\(attack.endpoint)/infer", headers: headers,
                body: Array(attack.json.utf8) + (attack.tail ?? []))
            #expect(attack.statuses.contains(reply.status), "\(attack): \(reply.status) \(reply.text.prefix(300))")
            guard reply.status != 200 else { return }
            if let code = attack.code { #expect(reply.json?["code"]?.stringValue == code, "\(attack): \(reply.text)") }
            attacked.expectDiscreet(reply.json?["error"]?.stringValue ?? "", attack.description)
            #expect(reply.text.utf8.count < 2048, "\(attack)")
        }
    }
}
