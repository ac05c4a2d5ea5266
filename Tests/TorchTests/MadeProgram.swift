import ModelGraph
import Tensors

@testable import Torch

/// A small exported program, to be changed: `y = linear(x, w)`.
struct MadeProgram: Sendable {
    struct Call: Sendable {
        var target: String
        var parameter: String
        var operand: String
        var result: String
        var weight: String?
        var extra: String?

        init(_ target: String, _ parameter: String, _ operand: String, _ result: String, weight: String? = nil) {
            (self.target, self.parameter, self.operand, self.result, self.weight) =
                (target, parameter, operand, result, weight)
        }
    }

    struct Weight: Sendable {
        var sizes = [4, 3]
        var strides = [3, 1]
        var offset = 0
        var file = "weight_0"
        var isPickled = false
    }

    var input = "x"
    var output = "y"
    var calls = [Call("torch.ops.aten.linear.default", "input", "x", "y", weight: "w")]
    var weight = Weight()
    var stated = [2, 4]
    var format = 8
    var writes = false
    /// What comes after the program's text.
    var tail = ""

    private static func tensor(_ name: String) -> JSONValue {
        .object([("as_tensor", .object([("name", .string(name))]))])
    }

    private static func sizes(_ numbers: [Int]) -> JSONValue {
        .array(numbers.map { .object([("as_int", .integer($0))]) })
    }

    private static func metadata(_ sizes: [Int], _ strides: [Int] = [], _ offset: Int = 0) -> JSONValue {
        .object([
            ("dtype", 7), ("sizes", Self.sizes(sizes)), ("strides", Self.sizes(strides)),
            ("storage_offset", .object([("as_int", .integer(offset))])),
        ])
    }

    private func node(_ call: Call) -> JSONValue {
        var inputs: [(String, JSONValue)] = [(call.parameter, Self.tensor(call.operand))]
        if let weight = call.weight { inputs.append(("weight", Self.tensor(weight))) }
        if let extra = call.extra { inputs.append((extra, .object([("as_int", 1)]))) }
        return .object([
            ("target", .string(call.target)),
            ("inputs", .array(inputs.map { .object([("name", .string($0.0)), ("arg", $0.1)]) })),
            ("outputs", .array([Self.tensor(call.result)])),
        ])
    }

    private var program: JSONValue {
        var outputs: [JSONValue] = [.object([("user_output", .object([("arg", Self.tensor(output))]))])]
        if writes {
            outputs.append(
                .object([
                    (
                        "buffer_mutation",
                        .object([("arg", .object([("name", "y")])), ("buffer_name", "running")])
                    )
                ]))
        }
        let inputs: [JSONValue] = [
            .object([
                ("parameter", .object([("arg", .object([("name", "w")])), ("parameter_name", "net.weight")]))
            ]), .object([("user_input", .object([("arg", Self.tensor(input))]))]),
        ]
        return .object([
            ("schema_version", .object([("major", .integer(format)), ("minor", 1)])),
            (
                "graph_module",
                .object([
                    (
                        "graph",
                        .object([
                            ("nodes", .array(calls.map(node))),
                            (
                                "tensor_values",
                                .object([(input, Self.metadata([2, 3])), ("y", Self.metadata(stated))])
                            ),
                        ])
                    ),
                    ("signature", .object([("input_specs", .array(inputs)), ("output_specs", .array(outputs))])),
                ])
            ),
        ])
    }

    var archive: TorchArchive? {
        let entry = JSONValue.object([
            ("path_name", .string(weight.file)), ("use_pickle", .bool(weight.isPickled)),
            ("tensor_meta", Self.metadata(weight.sizes, weight.strides, weight.offset)),
        ])
        let config = JSONValue.object([("config", .object([("net.weight", entry)]))])
        return TorchArchive(members: [
            "archive_format": ByteView("pt2").buffer,
            "models/model.json": ByteView(program.encodedString() + tail).buffer,
            "data/weights/model_weights_config.json": ByteView(config.encodedString()).buffer,
            "data/weights/weight_0": ByteView(copying: [UInt8](repeating: 0, count: 48)).buffer,
        ])
    }
}
