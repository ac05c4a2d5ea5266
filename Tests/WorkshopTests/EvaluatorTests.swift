import Engines
import Tensors
import TestSupport
import Testing
import Workshop

@Suite struct EvaluatorTests {
    private static let input = TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(1)])

    /// A session that answers each row's `x` by the value at that place.
    private func session(_ outputs: [(TensorSpec, @Sendable ([Float]) throws -> Tensor)], batch: Int? = nil)
        -> MadeSession
    {
        let input = TensorSpec(
            name: "x", elementType: .float32, dimensions: [batch.map { .fixed($0) } ?? .symbol("N"), .fixed(1)])
        return MadeSession(inputs: [input], outputs: outputs.map(\.0)) { inputs throws(EngineError) in
            do {
                let rows = inputs[0].values(as: Float.self) ?? []
                if let batch, rows.count != batch { throw TensorError(.sizeMismatch, "expected \(batch) rows") }
                return try outputs.map { try $0.1(rows) }
            } catch {
                throw EngineError(.runFailed, .onnxRuntime, "\(error)")
            }
        }
    }

    private static func whole(_ name: String, _ body: @escaping @Sendable (Float) -> Int64) -> (
        TensorSpec, @Sendable ([Float]) throws -> Tensor
    ) {
        (
            TensorSpec(name: name, elementType: .int64, dimensions: [.symbol("N")]),
            { try Tensor(.int64, Shape([$0.count]), values: $0.map(body)) }
        )
    }

    private static func scores(_ name: String, _ body: @escaping @Sendable (Float) -> [Float]) -> (
        TensorSpec, @Sendable ([Float]) throws -> Tensor
    ) {
        (
            TensorSpec(name: name, elementType: .float32, dimensions: [.symbol("N"), .unknown]),
            { rows in
                let values = rows.map(body)
                return try Tensor(
                    .float32, Shape([rows.count, values.first?.count ?? 0]), values: Array(values.joined()))
            }
        )
    }

    private static func words(_ name: String, _ body: @escaping @Sendable (Float) -> String) -> (
        TensorSpec, @Sendable ([Float]) throws -> Tensor
    ) {
        (
            TensorSpec(name: name, elementType: .string, dimensions: [.symbol("N")]),
            { try Tensor(Shape([$0.count]), strings: StringElements($0.map(body))) }
        )
    }

    private func set(_ values: [Float], _ answers: Tensor) throws -> EvaluationSet {
        let folder = try TemporaryDirectory()
        try NPZ.write(
            [("x", Tensor(.float32, Shape([values.count, 1]), values: values)), ("labels", answers)],
            to: folder.file("set.npz"))
        return try EvaluationSet.read(
            path: folder.file("set.npz"), for: Signature(inputs: [Self.input], outputs: []))
    }

    private func integers(_ values: Int64...) throws -> Tensor {
        try Tensor(.int64, Shape([values.count]), values: values)
    }

    private func accuracy(_ result: Evaluator.Result) -> Double? {
        guard case .classification(let measures) = result.measures else { return nil }
        return measures.accuracy
    }

    @Test func everyRowIsRunInBatches() throws {
        let count = 150
        let answers = try Tensor(.int64, Shape([count]), values: (0..<count).map(Int64.init))
        var seen: [Int] = []
        let result = try Evaluator(session: session([Self.whole("class") { Int64($0) }]), labels: []).evaluate(
            set((0..<count).map(Float.init), answers)
        ) { seen.append($0) }
        #expect(seen == [64, 128, 150])
        #expect(result.batch == 64 && result.output == "class")
        #expect(accuracy(result) == 1)
    }

    @Test func anOutputOfClassesGoesBeforeScores() throws {
        let session = session([Self.scores("scores") { [$0, 0] }, Self.whole("class") { Int64($0) }])
        #expect(try Evaluator(session: session, labels: []).evaluate(set([1, 0], integers(1, 0))).output == "class")
        let named = try Evaluator(session: session, labels: []).evaluate(set([1, 0], integers(0, 0)), output: "scores")
        #expect(accuracy(named) == 1)
    }

    @Test func theLargestScoreIsTheClassAndTheFirstOfEqualOnes() throws {
        let session = session([Self.scores("scores") { $0 < 0 ? [0, 0, 0] : [0, $0, 1] }])
        let result = try Evaluator(session: session, labels: []).evaluate(set([2, 0.5, -1], integers(1, 2, 0)))
        #expect(accuracy(result) == 1)
    }

    @Test(arguments: [true, false]) func namedPredictionsAreComparedWithPlaces(areScores: Bool) throws {
        let names = ["setosa", "versicolor", "virginica"]
        let output =
            areScores
            ? Self.scores("out") { row in (0..<3).map { Float($0) == row ? 1 : 0 } }
            : Self.words("out") { names[Int($0)] }
        let evaluator = Evaluator(session: session([output]), labels: names)
        let numbered = try evaluator.evaluate(set([0, 1, 2, 2], integers(0, 1, 2, 1)))
        #expect(accuracy(numbered) == 0.75)
        let named = try Tensor(Shape([3]), strings: StringElements(["setosa", "virginica", "virginica"]))
        #expect(accuracy(try evaluator.evaluate(set([0, 1, 2], named))) == 2.0 / 3)
    }

    @Test func labelsThatAreNumbersMeanThemselves() throws {
        let session = session([Self.scores("scores") { $0 > 15 ? [0, 1] : [1, 0] }])
        let result = try Evaluator(session: session, labels: ["10", "20"]).evaluate(set([10, 20], integers(10, 20)))
        #expect(accuracy(result) == 1)
    }

    @Test(arguments: [(2, 2), (-1, 2), (2, 0)]) func aClassThatTheModelDoesNotHaveIsNamed(found: Int64, names: Int)
        throws
    {
        let session = session([Self.scores("scores") { $0 > 0 ? [0, 1] : [1, 0] }])
        let labels = ["no", "yes"].prefix(names).map(\.self)
        let error = #expect(throws: WorkshopError.self) {
            try Evaluator(session: session, labels: labels).evaluate(set([0, 1, 1], integers(0, 1, found)))
        }
        #expect(
            error?.message.hasSuffix("row 3 is class \(found); the model knows 0 to 1") == true,
            "\(error?.message ?? "")")
        #expect(error?.row == 3 && error?.code == .evaluation)
    }

    @Test func fractionsAreRegression() throws {
        let output = Self.scores("y") { [$0 * 2] }
        let answers = try Tensor(.float64, Shape([3]), values: [2.0, 4, 7])
        let result = try Evaluator(session: session([output]), labels: []).evaluate(set([1, 2, 3], answers))
        guard case .regression(let measures) = result.measures else { return #expect(Bool(false)) }
        #expect(measures.largestError == 1)
    }

    @Test func regressionOnWordsSaysSo() throws {
        let session = session([Self.scores("y") { [$0] }])
        let words = try Tensor(Shape([1]), strings: StringElements(["a"]))
        let error = #expect(throws: WorkshopError.self) {
            try Evaluator(session: session, labels: []).evaluate(set([1], words), task: .regression)
        }
        #expect(error?.message.hasPrefix("regression needs numbers") == true)
        #expect(error?.help == "evaluate with --task classification")
    }

    @Test func anOutputThatIsMissingIsNamed() throws {
        let error = #expect(throws: WorkshopError.self) {
            try Evaluator(session: session([Self.whole("class") { Int64($0) }]), labels: [])
                .evaluate(set([1], integers(1)), output: "klass")
        }
        #expect(error?.message == "the version has no output 'klass'")
        #expect(error?.causes == ["it has: class"])
    }

    @Test func outputsThatFitNothingAreListed() throws {
        let error = #expect(throws: WorkshopError.self) {
            try Evaluator(session: session([Self.scores("y") { [$0] }]), labels: []).evaluate(set([1], integers(1)))
        }
        #expect(error?.message == "no output of the version fits classification")
        #expect(error?.causes == ["y: FP32 [1, 1]"])
    }

    @Test(arguments: [1, 2, 3, 4, 7]) func whatDoesNotFillAFixedBatchIsEvaluatedToo(rows: Int) throws {
        let session = session(
            [Self.scores("scores") { $0 == 1 ? [0, 1] : [1, 0] }, Self.whole("class") { Int64($0) }], batch: 3)
        let values = (0..<rows).map { $0 % 2 }
        let set = try set(values.map(Float.init), Tensor(.int64, Shape([rows]), values: values.map(Int64.init)))
        let evaluator = Evaluator(session: session, labels: [])
        for output in ["scores", "class"] {
            let result = try evaluator.evaluate(set, task: .classification, output: output)
            guard case .classification(let measures) = result.measures else { return #expect(Bool(false)) }
            #expect(measures.accuracy == 1 && measures.rows == rows && result.batch == 3, "\(output)")
        }
    }

    @Test(arguments: [3, 1 << 17, .max]) func anEngineThatFailsIsTold(batch: Int) throws {
        let failing: @Sendable ([Float]) throws -> Tensor = { _ in throw TensorError(.sizeMismatch, "no room") }
        let spec = TensorSpec(name: "class", elementType: .int64, dimensions: [.symbol("N")])
        let error = #expect(throws: WorkshopError.self) {
            try Evaluator(session: session([(spec, failing)], batch: batch), labels: []).evaluate(
                set([1, 2], integers(1, 2)))
        }
        #expect(error?.message.contains(batch == 3 ? "no room" : "expected \(batch) rows") == true)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, 3e38]) func numbersBeyondAllIntegersDoNotTrap(value: Float)
        throws
    {
        let session = session([Self.scores("scores") { [$0, value] }, Self.scores("y") { _ in [value] }])
        let answers = try Tensor(.float64, Shape([1]), values: [1.0])
        let evaluator = Evaluator(session: session, labels: [])
        #expect(throws: Never.self) { try evaluator.evaluate(set([1], answers), task: .classification) }
        #expect(throws: Never.self) { try evaluator.evaluate(set([1], answers)).measures.json }
    }
}
