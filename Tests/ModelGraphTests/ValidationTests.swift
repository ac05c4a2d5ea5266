import ModelGraph
import Tensors
import Testing

/// Each rule, broken once: the problem names the place, what was expected and what was found.
@Suite struct ValidationTests {
    /// A way to break `Sample.dense()`, and what must be said about it.
    struct Break: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: Problem.Code
        let message: String
        let change: @Sendable (inout Model) -> Void

        init(_ code: Problem.Code, _ message: String, _ change: @escaping @Sendable (inout Model) -> Void) {
            testDescription = "\(code): \(message)"
            self.code = code
            self.message = message
            self.change = change
        }
    }

    static let names: [Break] = [
        Break(.duplicateName, "input 'x': is declared twice") { $0.graph.inputs.append($0.graph.inputs[0]) },
        Break(.duplicateName, "output 'y': is declared twice") { $0.graph.outputs.append($0.graph.outputs[0]) },
        Break(.duplicateName, "initializer 'w': is given twice") {
            $0.graph.initializers.append($0.graph.initializers[0])
        },
        Break(.duplicateName, "node 'relu' (Relu), output 'm': is already the name") {
            $0.graph.nodes[1].outputs = ["m"]
        },
        Break(.duplicateName, "output 'x': is already the name") { $0.graph.nodes[1].outputs = ["x"] },
        Break(.duplicateName, "attribute 'a': is given twice") {
            $0.graph.nodes[1].attributes = [Attribute("a", .int(1)), Attribute("a", .int(1))]
        },
        Break(.emptyName, "input '': has no name") { $0.graph.inputs[0].name = "" },
        Break(.emptyName, "initializer '': has no name") { $0.graph.initializers[0].name = "" },
        Break(.emptyName, "node 'relu' (): has no operator") { $0.graph.nodes[1].operatorType = "" },
        Break(.undefinedInput, "node 'relu' (Relu), input 'q': is made by no node") {
            $0.graph.nodes[1].inputs = ["q"]
        },
        Break(.missingOutput, "output 'z': is made by no node") { $0.graph.outputs[0].name = "z" },
        Break(.missingOutput, "has no outputs") { $0.graph.outputs = [] },
        Break(.notSorted, "node 'relu' (Relu): reads 'm', which is made only later") { $0.graph.nodes.swapAt(0, 1) },
    ]

    static let head: [Break] = [
        Break(.badVersion, "IR version 99; expected 1 to 14") { $0.irVersion = 99 },
        Break(.badVersion, "IR version 0") { $0.irVersion = 0 },
        Break(.badVersion, "IR version 7 with functions") {
            $0.irVersion = 7
            $0.functions = [Function()]
        },
        Break(.badOpset, "no operator set is imported") { $0.opsetImports = [] },
        Break(.badOpset, "ai.onnx has version 0") { $0.opsetImports = [OpsetImport(0)] },
        Break(.badOpset, "ai.onnx is imported in versions 17 and 18") {
            $0.opsetImports.append(OpsetImport(18, domain: "ai.onnx"))
        },
        Break(.unknownDomain, "is of domain 'com.example', whose operator set is not imported") {
            $0.graph.nodes[1].domain = "com.example"
        },
        Break(.badOperator, "no operator set has an operator 'Reluu'") { $0.graph.nodes[1].operatorType = "Reluu" },
        Break(.badOperator, "node 'product' (MatMul): has 1 inputs; expected 2") { $0.graph.nodes[0].inputs = ["x"] },
        Break(.badOperator, "has 2 outputs; expected 1") { $0.graph.nodes[1].outputs = ["y", "extra"] },
        Break(.badOperator, "'Upsample' was removed in operator set 10; the model imports 17") {
            $0.graph.nodes[1].operatorType = "Upsample"
        },
        Break(.badOperator, "'Gelu' exists since operator set 20; the model imports 17") {
            $0.graph.nodes[1].operatorType = "Gelu"
        },
        Break(.badAttribute, "has attribute 'alpha', which the operator does not have") {
            $0.graph.nodes[1].attributes = [Attribute("alpha", .float(1))]
        },
        Break(.badAttribute, "attribute 'axis' is INTS; expected INT") {
            $0.graph.nodes[1] = Node("Softmax", ["m"], ["y"], attributes: [Attribute("axis", .ints([1]))])
        },
        Break(.badAttribute, "lacks attribute 'to'; expected a INT") {
            $0.graph.nodes[1] = Node("Cast", ["m"], ["y"])
        },
        Break(.badAttribute, "attribute 'a': has no value") {
            $0.graph.nodes[1].attributes = [Attribute("a", .undefined)]
        },
        Break(.badFunction, "refers to function attribute 'f', but is not inside a function") {
            $0.graph.nodes[1].attributes = [Attribute("a", .reference(name: "f", kind: .int))]
        },
    ]

    static let types: [Break] = [
        Break(.undefinedType, "input 'x': has no declared type") { $0.graph.inputs[0].type = nil },
        Break(.undefinedType, "input 'x': has undefined type") {
            $0.graph.inputs[0].type = ValueType(.tensor(TensorType()))
        },
        Break(.undefinedType, "output 'y': is a map with keys of FP32") {
            $0.graph.outputs[0].type = ValueType(.map(MapType(key: .float32, value: .tensor(.float32, []))))
        },
        Break(.undefinedType, "output 'y': is a container") {
            $0.graph.outputs[0].type = ValueType(.sequence(ElementOf()))
        },
        Break(.badShape, "input 'x': has dimension -7; expected 0 or more") {
            var shape = DeclaredShape([.unknown])
            shape.dimensions[0].value = .size(-7)
            var type = TensorType(.float32, [])
            type.shape = shape
            $0.graph.inputs[0].type = ValueType(.tensor(type))
        },
        Break(.badShape, "initializer 'w': shape [-1, 3] has a negative dimension") {
            $0.graph.initializers[0].dimensions = [-1, 3]
        },
        Break(.badShape, "more elements than fit in 64 bits") {
            $0.graph.initializers[0].dimensions = [1 << 40, 1 << 40]
        },
        Break(.badTensorData, "FP32 [4, 4] needs 64 bytes, but raw_data has 48") {
            $0.graph.initializers[0].dimensions = [4, 4]
        },
        Break(.undefinedType, "initializer 'w': has element type 27") { $0.graph.initializers[0].elementCode = 27 },
        Break(.badTensorData, "attribute 'value', value 't': FP32 [2] needs 8 bytes") {
            let tensor = TensorValue("t", .float32, [2], .absent)
            $0.graph.nodes[1] = Node("Constant", [], ["y"], attributes: [Attribute("value", .tensor(tensor))])
        },
    ]

    @Test(arguments: names + head + types)
    func aBrokenRuleIsReported(rule: Break) throws {
        var model = try Sample.dense()
        try #require(model.validate().isValid)
        rule.change(&model)
        let problems = model.validate().problems
        #expect(
            problems.contains { $0.code == rule.code && "\($0)".contains(rule.message) },
            "found \(problems.map(\.description))")
        #expect { try model.validate().requireValid() } throws: { $0 is GraphError }
    }

    @Test(arguments: Fixture.allCases.filter { $0 != .external })
    func whatONNXAcceptsIsValid(fixture: Fixture) throws {
        #expect(try fixture.model().validate().problems.map(\.description) == [])
    }

    @Test func aDomainMayBeImportedTwiceInOneVersion() throws {
        var model = try Sample.dense()
        model.opsetImports.append(OpsetImport(17, domain: "ai.onnx"))
        #expect(model.validate().isValid)
    }

    @Test func oldFilesMayHaveInitializersThatAreNoInputs() throws {
        #expect(try Sample.dense(opset: 7, irVersion: 3).validate().isValid)
    }

    @Test func allProblemsAreReportedAtOnce() throws {
        var model = try Sample.dense()
        model.graph.nodes[0].inputs[0] = "nothing"
        model.graph.initializers[0].dimensions = [5]
        model.graph.outputs[0].name = "nowhere"
        #expect(model.validate().problems.count == 3)
        #expect { try model.validate().requireValid() } throws: { "\($0)".contains("(and 2 other problems)") }
    }

    @Test func reportingStopsAtTheLimit() throws {
        var model = try Sample.dense()
        model.graph.nodes += (0..<1000).map { Node("Relu", ["missing"], ["v\($0)"]) }
        var options = ValidationOptions()
        options.limits.problems = 10
        let report = model.validate(options)
        #expect(report.problems.count == 10)
        #expect(report.isTruncated)
    }

    @Test func aCircleIsNamedInOrder() throws {
        var model = try Sample.dense()
        model.graph.nodes = [
            Node("Add", ["x", "c"], ["a"], name: "one"), Node("Relu", ["a"], ["b"], name: "two"),
            Node("Relu", ["b"], ["c"], name: "three"), Node("Relu", ["a"], ["y"], name: "outside"),
        ]
        let problems = model.validate().problems
        #expect(problems.map(\.code) == [.cycle])
        #expect("\(problems)".contains("node 'two' (Relu) → node 'three' (Relu)"))
        #expect(!"\(problems)".contains("outside"))
    }

    @Test func aNodeThatReadsItselfIsACircle() throws {
        var model = try Sample.dense()
        model.graph.nodes[1] = Node("Add", ["m", "y"], ["y"], name: "self")
        #expect(model.validate().problems.map(\.code) == [.cycle])
    }

    @Test func hostileNamesAreMadeHarmlessInMessages() throws {
        var model = try Sample.dense()
        model.graph.nodes[1].inputs = ["\u{1b}[31m\u{202e}" + String(repeating: "n", count: 500)]
        let text = "\(model.validate().problems)"
        #expect(!text.unicodeScalars.contains("\u{1b}") && !text.unicodeScalars.contains("\u{202e}"))
        #expect(text.contains("\\u{1b}[31m"))
        #expect(text.utf8.count < 400)
    }

    /// A limit that `Sample.dense()` is over.
    struct TightLimit: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout GraphLimits) -> Void

        init(_ message: String, _ change: @escaping @Sendable (inout GraphLimits) -> Void) {
            testDescription = message
            self.change = change
        }
    }

    static let tightLimits = [
        TightLimit("more than 1 nodes") { $0.nodes = 1 }, TightLimit("more than 0 tensors") { $0.tensors = 0 },
        TightLimit("a name of 7 bytes; at most 3") { $0.nameBytes = 3 },
        TightLimit("nested deeper than 0") { $0.subgraphDepth = 0 },
    ]

    @Test(arguments: tightLimits)
    func limitsAreKept(limit: TightLimit) throws {
        var options = ValidationOptions()
        limit.change(&options.limits)
        let problems = try Sample.dense().validate(options).problems
        #expect(problems.contains { $0.code == .limitExceeded && $0.message.contains(limit.testDescription) })
    }

    @Test func codesHaveStableNames() {
        #expect("\(Problem.Code.externalDataEscape)" == "external-data-escape")
        #expect("\(Problem.Code.cycle)" == "cycle")
    }
}
