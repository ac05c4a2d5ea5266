import Tensors
import TestSupport
import Testing
import Workshop

@Suite struct EvaluationSetTests {
    private let folder: TemporaryDirectory
    private let pixels = TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)])

    init() throws { folder = try TemporaryDirectory() }

    private var signature: Signature { Signature(inputs: [pixels], outputs: []) }

    private func read(
        _ arrays: [(name: String, tensor: Tensor)], for signature: Signature? = nil, answers: String? = nil
    ) throws -> EvaluationSet {
        try NPZ.write(arrays, to: folder.file("set.npz"))
        return try EvaluationSet.read(path: folder.file("set.npz"), for: signature ?? self.signature, answers: answers)
    }

    private func read(csv: String, for signature: Signature? = nil, answers: String? = nil) throws -> EvaluationSet {
        try TextFile.write(csv, to: folder.file("set.csv"))
        return try EvaluationSet.read(path: folder.file("set.csv"), for: signature ?? self.signature, answers: answers)
    }

    private func rows(_ count: Int, _ type: ElementType = .float32) throws -> Tensor {
        try Tensor(.float32, Shape([count, 2]), values: (0..<count * 2).map(Float.init)).converted(to: type)
    }

    private func labels(_ values: Int64...) throws -> Tensor {
        try Tensor(.int64, Shape([values.count]), values: values)
    }

    // MARK: - NPZ

    @Test(arguments: ["labels", "label", "y", "target", "targets", "class", "answer", "answers", "anything"])
    func theAnswersAreFoundByName(name: String) throws {
        let set = try read([("pixels", rows(2)), (name, labels(7, 8))])
        #expect(set.answersName == name)
        #expect(set.rows == 2)
        #expect(set.answers.values(as: Int64.self) == [7, 8])
        #expect(set.inputs[0].values(as: Float.self) == [0, 1, 2, 3])
    }

    @Test func aNameThatIsGivenWins() throws {
        let arrays = [("pixels", try rows(1)), ("labels", try labels(1)), ("other", try labels(2))]
        #expect(try read(arrays).answersName == "labels")
        #expect(try read(arrays, answers: "other").answers.values(as: Int64.self) == [2])
    }

    @Test func theOnlyOtherArrayIsTheOnlyInput() throws {
        #expect(try read([("images", rows(2)), ("labels", labels(1, 2))]).inputs[0].shape.dimensions == [2, 2])
    }

    @Test func whatCannotBeToldApartIsAsked() throws {
        let error = #expect(throws: WorkshopError.self) {
            try read([("pixels", rows(1)), ("first", labels(1)), ("second", labels(1))])
        }
        #expect(error?.message == "cannot tell which array holds the true answers")
        #expect(error?.causes == ["it has: pixels, first, second"])
        #expect(error?.help == "name it with --answers")
    }

    @Test func anAnswerThatIsMissingIsNamed() throws {
        let error = #expect(throws: WorkshopError.self) {
            try read([("pixels", rows(1)), ("labels", labels(1))], answers: "truth")
        }
        #expect(error?.message == "the evaluation set has no 'truth'")
    }

    @Test func anInputThatIsMissingIsNamed() throws {
        let two = Signature(
            inputs: [pixels, TensorSpec(name: "mask", elementType: .bool, dimensions: [.symbol("N")])], outputs: [])
        let error = #expect(throws: WorkshopError.self) {
            try read([("pixels", rows(1)), ("labels", labels(1))], for: two)
        }
        #expect(error?.message == "the evaluation set has no array 'mask' for the model's input")
    }

    @Test func inputsBecomeWhatTheModelTakes() throws {
        #expect(try read([("pixels", rows(2, .uint8)), ("labels", labels(1, 2))]).inputs[0].elementType == .float32)
        let whole = Signature(
            inputs: [TensorSpec(name: "pixels", elementType: .uint8, dimensions: [.unknown, .fixed(2)])], outputs: [])
        let error = #expect(throws: WorkshopError.self) {
            let fractions = try Tensor(.float32, Shape([1, 2]), values: [Float(0.5), 1])
            return try read([("pixels", fractions), ("labels", labels(1))], for: whole)
        }
        #expect(error?.message.hasPrefix("input 'pixels': element 0") == true)
    }

    @Test(arguments: [nil, 1, 3] as [Int?]) func rowsMustFitWhateverTheBatchIs(batch: Int?) throws {
        let spec = TensorSpec(
            name: "pixels", elementType: .float32, dimensions: [batch.map { .fixed($0) } ?? .symbol("N"), .fixed(3)])
        let error = #expect(throws: WorkshopError.self) {
            try read(
                [("pixels", rows(2)), ("labels", labels(1, 2))], for: Signature(inputs: [spec], outputs: []))
        }
        #expect(error?.message.contains("the set has [2, 2]") == true)
    }

    @Test func aFixedBatchDoesNotLimitTheRows() throws {
        let spec = TensorSpec(name: "pixels", elementType: .float32, dimensions: [.fixed(1), .fixed(2)])
        let set = try read(
            [("pixels", rows(5)), ("labels", labels(1, 2, 3, 4, 5))], for: Signature(inputs: [spec], outputs: []))
        #expect(set.rows == 5)
    }

    @Test func rowCountsThatDifferAreListed() throws {
        let error = #expect(throws: WorkshopError.self) { try read([("pixels", rows(3)), ("labels", labels(1, 2))]) }
        #expect(error?.message == "inputs and answers differ in rows")
        #expect(error?.causes == ["pixels: [3, 2]", "labels: [2]"])
        #expect(throws: WorkshopError.self) {
            try read([("pixels", rows(0)), ("labels", Tensor(.int64, Shape([0]), values: [Int64]()))])
        }
    }

    // MARK: - CSV

    @Test func columnsNamedLikeInputsAreThoseInputs() throws {
        let signature = Signature(
            inputs: [
                TensorSpec(name: "age", elementType: .float32, dimensions: [.unknown, .fixed(1)]),
                TensorSpec(name: "city", elementType: .string, dimensions: [.unknown]),
            ], outputs: [])
        let set = try read(csv: "city,age,bought\nUlm,30,1\nBonn,41,0\n", for: signature)
        #expect(set.inputs[0].shape.dimensions == [2, 1])
        #expect(set.inputs[0].values(as: Float.self) == [30, 41])
        #expect(set.inputs[1].strings?.decoded == ["Ulm", "Bonn"])
        #expect(set.answersName == "bought")
    }

    @Test(
        arguments: [
            ("a,b,last\n1,2,7\n3,4,8\n", nil, "last"), ("label,a,b\n7,1,2\n8,3,4\n", nil, "label"),
            ("kind,a,b\nx,1,2\ny,3,4\n", nil, "kind"), ("truth,a,b\n7,1,2\n8,3,4\n", "truth", "truth"),
            ("PK,a,b\n1,2,7\n3,4,8\n", nil, "b"),
        ] as [(String, String?, String)])
    func allOtherColumnsTogetherAreTheOnlyInput(csv: String, wanted: String?, answers: String) throws {
        let set = try read(csv: csv, answers: wanted)
        #expect(set.answersName == answers)
        #expect(set.inputs[0].values(as: Float.self) == [1, 2, 3, 4] || answers == "b")
        #expect(set.inputs[0].shape.dimensions == [2, 2])
    }

    @Test(arguments: ["a,b\n1,2\n", "a,b,c,d\n1,2,3,4\n", "a\n1\n"]) func tablesOfAnotherWidthAreRefused(csv: String) {
        let error = #expect(throws: WorkshopError.self) { try read(csv: csv) }
        #expect(error?.message == "the table's columns do not fit the model's inputs")
        #expect(error?.causes.last == "inputs: pixels [N, 2]")
    }

    @Test func aColumnThatIsMissingIsNamed() {
        let error = #expect(throws: WorkshopError.self) { try read(csv: "a,b,c\n1,2,3\n", answers: "truth") }
        #expect(error?.message == "the table has no column 'truth'")
        #expect(error?.causes == ["it has: a, b, c"])
    }

    // MARK: - Numbers

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func whatIsNotFiniteIsNamedWithRowAndColumn(value: Float)
        throws
    {
        let pixels = try Tensor(.float32, Shape([3, 2]), values: [0, 1, 2, 3, 4, value])
        let error = #expect(throws: WorkshopError.self) { try read([("pixels", pixels), ("labels", labels(0, 1, 2))]) }
        #expect(error?.message == "input 'pixels', row 3, column 2 is \(value); expected finite numbers")
        #expect(error?.row == 3)
        let answers = try Tensor(.float32, Shape([3]), values: [0, value, 2])
        let truth = #expect(throws: WorkshopError.self) { try read([("pixels", rows(3)), ("y", answers)]) }
        #expect(truth?.message.hasPrefix("'y', row 2 is ") == true && truth?.row == 2)
    }

    @Test func cellsOfTablesAreNamedAlike() {
        let error = #expect(throws: WorkshopError.self) { try read(csv: "a,b,y\n1,2,0\n3,nan,1\n") }
        #expect(error?.message.contains("row 2") == true, "\(error?.message ?? "")")
    }

    @Test func cellsThatMayBeMissingAre() throws {
        try TextFile.write("a,y\n1,0\n,1\n", to: folder.file("set.csv"))
        let column = TensorSpec(name: "a", elementType: .float32, dimensions: [.symbol("N")])
        let set = try EvaluationSet.read(
            path: folder.file("set.csv"), for: Signature(inputs: [column], outputs: []), isColumn: { $0 == 0 })
        #expect(set.inputs[0].values(as: Float.self)?[1].isNaN == true)
    }

    // MARK: - Files

    @Test(arguments: ["a,b\n1\n", "", "\u{FEFF}", "PK\u{3}\u{4}not a zip file"]) func damagedFilesAreErrors(
        text: String
    ) {
        let error = #expect(throws: WorkshopError.self) { try read(csv: text) }
        #expect(error?.code == .evaluation)
    }

    @Test func filesThatAreMissingAndFoldersAreErrors() {
        let missing = #expect(throws: WorkshopError.self) {
            try EvaluationSet.read(path: folder.file("missing"), for: signature)
        }
        #expect(missing?.code == .unreadable)
        #expect(throws: WorkshopError.self) { try EvaluationSet.read(path: folder.path, for: signature) }
    }
}
