import ModelGraph
import Tensors

/// Attacks by model file: rows 56 to 70 and 78 of the attack list. Each is a model that is sound but for one thing.
struct ModelAttack: Sendable, CustomStringConvertible {
    /// The row's number in the list.
    var row: Int
    var name: String
    /// The bytes of `model.onnx`.
    var bytes: @Sendable () throws -> [UInt8]
    /// What is planted beside it, as a line of shell in its folder.
    var planting: String
    /// 7: it was read, and refused. 3: something it needs is missing.
    var exitCode: Int32
    /// Words that its error has.
    var words: String

    var description: String { "row \(row): \(name)" }

    init(
        _ row: Int, _ name: String, words: String, exitCode: Int32 = 7, planting: String = ":",
        _ bytes: @escaping @Sendable () throws -> [UInt8]
    ) {
        self.row = row
        self.name = name
        self.bytes = bytes
        self.planting = planting
        self.exitCode = exitCode
        self.words = words
    }

    static let all = outside + hidden + references + tensors + graphs + absurd + depths + foreign

    // MARK: - What they are made of

    /// `y = x · w`, with a hole for a change.
    private static func dense(_ change: (inout Model) throws -> Void = { _ in }) throws -> [UInt8] {
        let weights = try Tensor(.float32, Shape([4, 3]), values: (0..<12).map(Float.init))
        let graph = Graph(
            "dense", nodes: [Node("MatMul", ["x", "w"], ["y"], name: "product")],
            initializers: [TensorValue("w", weights)],
            inputs: [ValueInfo("x", .float32, [.symbol("N"), .fixed(4)])],
            outputs: [ValueInfo("y", .float32, [.symbol("N"), .fixed(3)])])
        var model = Model(graph, opset: 17, irVersion: 8)
        try change(&model)
        return try model.encoded()
    }

    private static func external(_ location: String, _ more: (String, String)...) -> TensorValue {
        TensorValue(
            "w", .float32, [4, 3],
            .external([StringEntry("location", location)] + more.map { StringEntry($0.0, $0.1) }))
    }

    // MARK: - Rows 56 to 58: weights in other files

    private static let locations: [(String, Int32, String)] = [
        ("../secret", 7, "plain names"), ("/etc/passwd", 7, "plain names"), ("a/../../secret", 7, "plain names"),
        ("..\\secret", 7, "plain names"), ("/proc/self/environ", 7, "plain names"), ("leaf", 7, "link"),
        ("parent/secret", 7, "link"), ("hard", 7, "names"), ("pipe", 7, "regular file"), ("zero", 7, "link"),
        ("folder", 7, "regular file"), ("missing", 3, "missing"), ("environ", 7, "link"),
    ]

    private static let outside = locations.map { location, code, words in
        ModelAttack(
            56, location, words: words, exitCode: code,
            planting: """
                head -c 48 /dev/zero > ../secret; ln -s ../secret leaf; ln -s .. parent; ln ../secret hard; mkfifo pipe
                ln -s /dev/zero zero; mkdir folder; ln -s /proc/self/environ environ
                """
        ) { try dense { $0.graph.initializers = [external(location)] } }
    }

    private typealias Change = @Sendable (inout Model) throws -> Void

    private static let hidingPlaces: [(String, Change)] = [
        ("sparse initializer", { $0.graph.sparseInitializers = [sparse] }),
        ("attribute", { $0.graph.nodes[0].attributes = [Attribute("a", .tensor(external("../secret")))] }),
        ("sparse attribute", { $0.graph.nodes[0].attributes = [Attribute("a", .sparseTensors([sparse]))] }),
        (
            "subgraph",
            { model in
                let inner = Graph("inner", initializers: [external("../secret")])
                model.graph.nodes[0].attributes = [Attribute("then_branch", .graph(inner))]
            }
        ),
        (
            "function",
            { model in
                var body = function("F", calling: [])
                body.nodes += [
                    Node("Constant", [], ["c"], attributes: [Attribute("value", .tensor(external("../secret")))])
                ]
                model.functions = [body]
            }
        ),
        (
            "training",
            { model in
                var training = TrainingInfo()
                training.initialization = Graph("initial", initializers: [external("../secret")])
                model.trainingInfo = [training]
            }
        ),
    ]

    private static let hidden = hidingPlaces.map { name, change in
        ModelAttack(57, name, words: "plain names") { try dense(change) }
    }

    private static var sparse: SparseTensorValue {
        var sparse = SparseTensorValue()
        sparse.values = external("../secret")
        sparse.indices = external("../secret")
        return sparse
    }

    private static let entries: [(String, String, String)] = [
        ("offset", "-1", "whole number"), ("offset", "1e3", "whole number"), ("length", "0x30", "whole number"),
        ("offset", "4503599627370496", "has 48 bytes"), ("offset", "1", "has 48 bytes"),
        ("length", "4503599627370496", "has 4503599627370496"), ("offset", "9223372036854775807", "beyond 64 bits"),
        ("length", "99999999999999999999", "whole number"), ("basepath", "/etc", "unknown key"),
        ("checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "checksum"),
    ]

    private static let references = entries.map { key, value, words in
        ModelAttack(58, "\(key) \(value)", words: words, planting: "head -c 48 /dev/zero > w.bin") {
            try dense { $0.graph.initializers = [external("w.bin", (key, value))] }
        }
    }

    // MARK: - Row 62: tensors

    private static let shapes: [(String, [Int64], Int)] = [
        ("47 bytes", [4, 3], 47), ("49 bytes", [4, 3], 49), ("a negative dimension", [-4, 3], 48),
        ("an overflow", [1 << 40, 1 << 40], 48), ("the largest", [.max], 48), ("no bytes", [4, 3], 0),
    ]
    private static let codes: [Int32] = [0, 17_000, -1]

    private static let tensors =
        shapes.map { name, dimensions, count in
            ModelAttack(62, name, words: "initializer 'w'") {
                let bytes = ByteView(copying: [UInt8](repeating: 0, count: count))
                return try dense { $0.graph.initializers = [TensorValue("w", .float32, dimensions, .raw(bytes))] }
            }
        }
        + codes.map { code in
            ModelAttack(62, "element type \(code)", words: "expected a known type") {
                try dense { $0.graph.initializers[0].elementCode = code }
            }
        }

    // MARK: - Rows 63, 65 and 69: graphs

    private static let faults: [(Int, String, String, Change)] = [
        (
            63, "a circle", "wait for each other",
            { $0.graph.nodes = [Node("Neg", ["b"], ["y"]), Node("Neg", ["y"], ["b"])] }
        ),
        (63, "a dangling input", "'absent'", { $0.graph.nodes[0].inputs[1] = "absent" }),
        (63, "two of a name", "'y'", { $0.graph.nodes.append($0.graph.nodes[0]) }),
        (63, "no such output", "'z'", { $0.graph.outputs[0].name = "z" }),
        (63, "no nodes", "'y'", { $0.graph.nodes = [] }),
        (63, "an unknown operator", "Explode", { $0.graph.nodes[0].operatorType = "Explode" }),
        (63, "opset 0", "operator set", { $0.opsetImports = [OpsetImport(0)] }),
        (63, "IR 9999", "IR version", { $0.irVersion = 9999 }),
        (63, "two opsets", "versions", { $0.opsetImports = [OpsetImport(17), OpsetImport(11)] }),
        (
            69, "another domain", "'evil'",
            { model in
                model.graph.nodes[0].domain = "evil"
                model.graph.nodes[0].operatorType = "PyOp"
            }
        ),
        (
            65, "a name of ten megabytes", "a name of",
            { $0.graph.inputs[0].name = String(repeating: "n", count: 10_000_000) }
        ),
    ]

    private static let graphs = faults.map { row, name, words, change in
        ModelAttack(row, name, words: words) { try dense(change) }
    }

    // MARK: - Row 67: attributes

    private static let attributes: [(String, Attribute.Value)] = [
        ("pads", .ints([.min, .min])), ("strides", .ints([0])), ("dilations", .ints([1 << 31])), ("group", .int(0)),
        ("kernel_shape", .ints([-1])),
    ]

    private static let absurd = attributes.map { name, value in
        ModelAttack(67, "\(name) \(value)", words: "attribute '\(name)'") {
            try dense { model in
                model.graph.nodes[0].operatorType = "Conv"
                model.graph.nodes[0].attributes = [Attribute(name, value)]
            }
        }
    }

    // MARK: - Rows 64 and 65: depth and number

    private static let depths: [ModelAttack] = [
        ModelAttack(64, "a function that calls itself", words: "function") {
            try dense { model in
                model.functions = [function("F", calling: ["F"])]
                model.opsetImports.append(custom)
            }
        },
        ModelAttack(64, "functions that double forty times", words: "") {
            try dense { model in
                model.functions = (0..<40).map { function("F\($0)", calling: ["F\($0 + 1)", "F\($0 + 1)"]) }
                model.functions.append(function("F40", calling: []))
                model.opsetImports.append(custom)
                var call = Node("F0", ["x"], ["twice"])
                call.domain = "custom"
                model.graph.nodes.append(call)
            }
        },
        ModelAttack(64, "graphs in graphs, ten thousand deep", words: "deeper") {
            var graph: [UInt8] = []
            for _ in 0..<10_000 {
                var writer = WireWriter()
                writer.nested(1) { $0.nested(5) { $0.view(6, ByteView(copying: graph)) } }
                graph = writer.encoded
            }
            var writer = WireWriter()
            writer.int64(1, 8)
            writer.view(7, ByteView(copying: graph))
            return writer.encoded
        },
        ModelAttack(65, "two million nodes", words: "") {
            var writer = WireWriter()
            writer.int64(1, 8)
            writer.nested(8) { $0.int64(2, 17) }
            writer.view(
                7,
                ByteView(
                    copying: Array(repeating: [0x0a, 0x02, 0x22, 0x00] as [UInt8], count: 2_000_000).flatMap { $0 }))
            return writer.encoded
        },
    ]

    private static var custom: OpsetImport {
        var custom = OpsetImport(1)
        custom.domain = "custom"
        return custom
    }

    private static func function(_ name: String, calling others: [String]) -> Function {
        var function = Function()
        function.name = name
        function.domain = "custom"
        function.inputs = ["a"]
        function.outputs = ["b"]
        function.opsetImports = [OpsetImport(17), custom]
        function.nodes = others.enumerated().map { index, other in
            var node = Node(
                other, [index == 0 ? "a" : "t\(index)"], [index == others.count - 1 ? "b" : "t\(index + 1)"])
            node.domain = "custom"
            return node
        }
        if others.isEmpty { function.nodes = [Node("Neg", ["a"], ["b"])] }
        return function
    }

    // MARK: - Row 70: other formats, under any name

    private static let formats: [(String, String, [UInt8])] = [
        ("a pickle", "pickle", [0x80, 4, 0x63] + Array("posix\nsystem\n(S'touch executed'\ntR.".utf8)),
        ("a zip archive", "zip", Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 40)),
        ("HDF5", "HDF5", [0x89] + Array("HDF\r\n\u{1a}\n".utf8) + [0, 0]),
        ("GGUF", "GGUF", Array("GGUF".utf8) + [3, 0, 0, 0]),
        ("safetensors", "safetensors", [2, 0, 0, 0, 0, 0, 0, 0] + Array("{} ".utf8)),
        ("LiteRT", "FlatBuffer", [0x1c, 0, 0, 0] + Array("TFL3".utf8) + [0]),
        ("gzip that breaks off", "ends early", [0x1f, 0x8b, 8, 0, 0]),
        ("7z", "archive", Array("7z".utf8) + [0xbc, 0xaf, 0x27, 0x1c]),
        ("an array", "NumPy", [0x93] + Array("NUMPY".utf8) + [1, 0]),
        ("text", "text", Array("#!/bin/sh\ntouch executed\n".utf8)),
        // Row 73: zip files whose parts contradict each other are told by how they begin, and never opened.
        (
            "a zip archive with two ends", "zip",
            Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0xff, count: 40) + Array("PK\u{5}\u{6}".utf8)
                + [UInt8](repeating: 0, count: 18) + Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0xff, count: 18)
        ),
        ("an empty zip archive", "zip", Array("PK\u{5}\u{6}".utf8) + [UInt8](repeating: 0, count: 18)),
        (
            "a zip archive behind junk", "",
            [0xff, 0xff] + Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 40)
        ),
    ]

    /// Rows 74 to 76: also those that their own readers choke on are refused for what they are, or as no model.
    private static let malformed: [(Int, String, String, [UInt8])] = [
        (74, "safetensors, a header of no bytes", "", [UInt8](repeating: 0, count: 8) + Array("{}".utf8)),
        (74, "safetensors, a header of 2^63 bytes", "", [0, 0, 0, 0, 0, 0, 0, 0x80] + Array("{\"a\":1}".utf8)),
        (
            74, "safetensors, a header past the end", "safetensors",
            [0xff, 0xff, 0xff, 0, 0, 0, 0, 0] + Array("{} ".utf8)
        ),
        (74, "safetensors, cut", "safetensors", [9, 0, 0, 0, 0, 0, 0, 0] + Array("{\"".utf8)),
        (75, "GGUF, version 0", "GGUF", Array("GGUF".utf8) + [0, 0, 0, 0]),
        (75, "GGUF, 2^63 tensors", "GGUF", Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0xff, count: 16)),
        (75, "GGUF and no more", "GGUF", Array("GGUF".utf8)),
        (76, "LiteRT, a root outside", "FlatBuffer", [0xff, 0xff, 0xff, 0xff] + Array("TFL3".utf8) + [0]),
        (76, "LiteRT, a root before", "FlatBuffer", [0, 0, 0, 0x80] + Array("TFL3".utf8) + [0]),
        (76, "LiteRT of another kind", "", [0x1c, 0, 0, 0] + Array("TFL9".utf8) + [0]),
    ]

    private static let foreign =
        formats.map { name, words, bytes in ModelAttack(70, name, words: words) { bytes } }
        + malformed.map { row, name, words, bytes in ModelAttack(row, name, words: words) { bytes } }
}
