import ModelGraph
import Tensors
import Testing

/// Paths in a model are a stranger's: none may lead out of its folder, wherever in the model it stands.
@Suite struct ExternalDataTests {
    private static func tensor(_ entries: [(String, String)], _ name: String = "w") -> TensorValue {
        TensorValue(name, .float32, [4, 3], .external(entries.map { StringEntry($0.0, $0.1) }))
    }

    private func codes(_ tensor: TensorValue, _ policy: ExternalDataPolicy = .allowPlainPaths) throws -> [Problem.Code]
    {
        var model = try Sample.dense()
        model.graph.initializers[0] = tensor
        var options = ValidationOptions()
        options.externalData = policy
        return model.validate(options).problems.map(\.code)
    }

    static let escapes = [
        "../x", "/abs", "a/../../b", "a/..", "..\\x", "..", ".", "", "a//b", "a/", "./a", "C:\\x", "C:x", "\\\\host\\x",
        "a\u{0}b", "a\nb", "/proc/self/environ", "a/./b", String(repeating: "n", count: 256),
        String(repeating: "a/", count: 40) + "b",
    ]

    @Test(arguments: escapes)
    func escapingPathsAreRefusedWhateverThePolicy(path: String) throws {
        for policy in [ExternalDataPolicy.refuse, .allowPlainPaths] {
            #expect(try codes(Self.tensor([("location", path)]), policy) == [.externalDataEscape])
        }
    }

    @Test(arguments: ["weights.bin", "weights/part-1.bin", "..hidden", "a.onnx.data", "ünï.bin"])
    func plainPathsAreAllowedWhereThePolicySaysSo(path: String) throws {
        let tensor = Self.tensor([("location", path), ("offset", "4096"), ("length", "48")])
        #expect(try codes(tensor) == [])
        #expect(try codes(tensor, .refuse) == [.externalData])
        let reference = try #require(try tensor.externalReference)
        #expect(reference.location == path)
        #expect(reference.offset == 4096)
        #expect(reference.length == 48)
    }

    @Test(
        arguments: [
            ([("offset", "0")], Problem.Code.externalData), ([("location", "a"), ("location", "b")], .externalData),
            ([("location", "a"), ("offset", "-1")], .externalData),
            ([("location", "a"), ("offset", "1e3")], .externalData),
            ([("location", "a"), ("offset", "+1")], .externalData),
            ([("location", "a"), ("length", " 48")], .externalData),
            ([("location", "a"), ("length", "99999999999999999999")], .externalData),
            ([("location", "a"), ("offset", "9223372036854775807"), ("length", "48")], .externalData),
            ([("location", "a"), ("basepath", "/")], .externalData),
            ([("location", "a"), ("length", "47")], .badTensorData),
        ] as [([(String, String)], Problem.Code)])
    func entriesThatCannotBeTrustedAreRefused(entries: [(String, String)], code: Problem.Code) throws {
        #expect(try codes(Self.tensor(entries)) == [code])
    }

    @Test func everyHidingPlaceIsChecked() throws {
        let bad = Self.tensor([("location", "../x")], "hidden")
        var sparse = SparseTensorValue()
        sparse.values = bad
        sparse.indices = bad
        let inner = Graph("inner", initializers: [bad], outputs: [])
        var model = try Sample.dense()
        model.graph.sparseInitializers = [sparse]
        model.graph.nodes[0].attributes = [
            Attribute("a", .tensor(bad)), Attribute("b", .tensors([bad])), Attribute("c", .sparseTensor(sparse)),
            Attribute("d", .sparseTensors([sparse])), Attribute("e", .graph(inner)), Attribute("f", .graphs([inner])),
        ]
        var function = Function()
        function.name = "F"
        function.nodes = [Node("Constant", [], ["c"], attributes: [Attribute("value", .tensor(bad))])]
        function.attributeDefaults = [Attribute("default", .tensor(bad))]
        model.functions = [function]
        var training = TrainingInfo()
        training.initialization = inner
        training.algorithm = inner
        model.trainingInfo = [training]

        var visited = 0
        model.forEachTensor { visited += $0.name == "hidden" ? 1 : 0 }
        #expect(visited == 14)
        let escapes = model.validate().problems.filter { $0.code == .externalDataEscape }
        #expect(escapes.count == 14)
        // The same after a round trip.
        let read = try Model.read(bytes: model.encoded())
        #expect(read.validate().problems.filter { $0.code == .externalDataEscape }.count == 14)
    }

    @Test func aModelWithExternalDataIsRefusedByDefault() throws {
        let problems = try Fixture.external.model().validate().problems
        #expect(problems.map(\.code) == [.externalData])
        #expect("\(problems)".contains("'weights/part-1.bin'"))
        #expect(try ModelSummary(Fixture.external.model()).externalTensorCount == 1)
    }

    @Test func dataInTwoPlacesIsRefused() {
        var writer = WireWriter()
        writer.nested(7) { graph in
            graph.nested(5) { tensor in
                tensor.view(9, ByteView(copying: [0]))
                tensor.nested(13) { $0.string(1, "location") }
            }
        }
        #expect { try Model.read(bytes: writer.encoded) } throws: { "\($0)".contains("in several fields") }
    }
}
