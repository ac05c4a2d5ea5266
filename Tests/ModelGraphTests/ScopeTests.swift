import ModelGraph
import Tensors
import Testing

/// What subgraphs, functions and sparse tensors may see and hold.
@Suite struct ScopeTests {
    private func problems(_ model: Model) -> [String] { model.validate().problems.map { "\($0.code) \($0)" } }

    @Test func branchesSeeTheValuesAroundThem() {
        let model = Sample.branching(
            Sample.branch("then", reading: "x", making: "a"), Sample.branch("else", reading: "x", making: "b"))
        #expect(problems(model) == [])
    }

    @Test func branchesDoNotSeeEachOther() {
        let model = Sample.branching(
            Sample.branch("then", reading: "x", making: "a"), Sample.branch("else", reading: "a", making: "b"))
        #expect(problems(model).count == 1)
        #expect(
            problems(model).first?.hasPrefix(
                "undefined-input graph 'branching', node 'choose' (If), attribute 'else_branch', graph 'else', "
                    + "node #0 (Neg), input 'a'") == true)
    }

    @Test func aBranchMayNotTakeANameFromAround() {
        let model = Sample.branching(
            Sample.branch("then", reading: "x", making: "x"), Sample.branch("else", reading: "x", making: "b"))
        #expect(problems(model).contains { $0.hasPrefix("duplicate-name") && $0.contains("'then'") })
    }

    @Test func aBranchMayNotGiveAValueFromAround() {
        let then = Graph("then", outputs: [ValueInfo("x", .float32, [.fixed(2)])])
        let model = Sample.branching(then, Sample.branch("else", reading: "x", making: "b"))
        #expect(problems(model).contains { $0.contains("is a value of an outer graph") })
    }

    @Test func aCircleThroughABranchIsFound() {
        var model = Sample.branching(
            Sample.branch("then", reading: "later", making: "a"), Sample.branch("else", reading: "x", making: "b"))
        model.graph.nodes.append(Node("Neg", ["y"], ["later"], name: "after"))
        #expect(problems(model).contains { $0.hasPrefix("cycle") && $0.contains("'choose'") && $0.contains("'after'") })
    }

    // MARK: - Functions

    /// A function that calls each of `callees` on its input, and a model that calls the first function.
    private func calling(_ functions: [(name: String, callees: [String])]) -> Model {
        var model = Sample.identity()
        model.opsetImports.append(OpsetImport(1, domain: "f"))
        model.graph.nodes = [Node(functions[0].name, ["x"], ["y"], domain: "f")]
        model.functions = functions.map { name, callees in
            var function = Function()
            function.name = name
            function.domain = "f"
            function.inputs = ["a"]
            function.outputs = ["r"]
            function.opsetImports = [OpsetImport(17), OpsetImport(1, domain: "f")]
            function.nodes = callees.enumerated().map { Node($1, ["a"], ["v\($0)"], domain: "f") }
            function.nodes.append(Node("Identity", ["a"], ["r"]))
            return function
        }
        return model
    }

    @Test func functionsMayCallFunctions() {
        #expect(problems(calling([("F", ["G", "G"]), ("G", [])])) == [])
    }

    @Test(arguments: [[("F", ["F"])], [("F", ["G"]), ("G", ["H"]), ("H", ["F"])]] as [[(String, [String])]])
    func recursionIsRefused(functions: [(String, [String])]) {
        #expect(problems(calling(functions)).contains { $0.contains("calls itself") })
    }

    @Test func aThousandMillionNodesAreRefusedWithoutExpandingThem() {
        let levels = (0..<20).map { ("F\($0)", [String](repeating: "F\($0 + 1)", count: 10)) } + [("F20", [])]
        #expect(problems(calling(levels)).contains { $0.contains("nodes when functions are expanded") })
    }

    @Test func deepCallsAreRefused() {
        let levels = (0..<100).map { ("F\($0)", ["F\($0 + 1)"]) } + [("F100", [])]
        #expect(problems(calling(levels)).contains { $0.contains("deeper than 32 levels") })
    }

    @Test func callsMustFitTheFunction() {
        var model = calling([("F", [])])
        model.functions[0].attributes = ["alpha"]
        model.graph.nodes[0].inputs = ["x", "x"]
        #expect(problems(model).contains { $0.contains("gives 2 inputs; the function takes 1") })
        #expect(problems(model).contains { $0.contains("lacks attribute 'alpha'") })
    }

    @Test func functionsSeeOnlyTheirInputs() {
        var model = calling([("F", [])])
        model.functions[0].nodes[0].inputs = ["x"]
        #expect(problems(model).contains { $0.contains("function 'F', node #0 (Identity), input 'x'") })
    }

    // MARK: - Sparse tensors

    private func sparse(_ positions: [Int64], shape: [Int], dense: [Int64]) throws -> Model {
        var model = Sample.identity()
        var sparse = SparseTensorValue()
        sparse.values = TensorValue("s", try Tensor(.float32, Shape([2]), values: [1, 2] as [Float]))
        sparse.indices = TensorValue("i", try Tensor(.int64, Shape(shape), values: positions))
        sparse.dimensions = dense
        model.graph.sparseInitializers = [sparse]
        return model
    }

    @Test func sparseTensorsInRangeAreValid() throws {
        #expect(try problems(sparse([1, 5], shape: [2], dense: [2, 3])) == [])
        #expect(try problems(sparse([0, 1, 1, 2], shape: [2, 2], dense: [2, 3])) == [])
    }

    @Test(
        arguments: [
            ([1, 6], [2], [2, 3], "index 6 on axis 0; expected 0 to 5"), ([-1, 1], [2], [2, 3], "index -1 on axis 0"),
            ([5, 1], [2], [2, 3], "not ascending"), ([1, 1], [2], [2, 3], "not ascending"),
            ([0, 3, 1, 0], [2, 2], [2, 3], "index 3 on axis 1; expected 0 to 2"),
            ([0, 1, 2], [3], [2, 3], "indices of shape [3]"),
            ([0, 1], [2], [1 << 40, 1 << 40], "more elements than fit"),
            ([0, 0, 1, 0], [2, 2], [1 << 40, 0], "dense tensor has no elements"),
        ] as [([Int64], [Int], [Int64], String)])
    func sparseTensorsOutOfRangeAreReported(positions: [Int64], shape: [Int], dense: [Int64], message: String) throws {
        #expect(try problems(sparse(positions, shape: shape, dense: dense)).contains { $0.contains(message) })
    }
}
