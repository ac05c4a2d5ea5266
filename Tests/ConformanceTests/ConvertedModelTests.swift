import Engines
import ModelGraph
import Tensors
import Testing

/// Models as scikit-learn's, PyTorch's and Keras's converters write them; the `generate_*.py` in `Fixtures` made them.
@Suite struct ConvertedModelTests {
    /// Frameworks and the fewest files each must have: a test that finds nothing proves nothing.
    static let frameworks = [("sklearn", 19), ("torch", 60), ("keras", 35)]

    @Test(arguments: frameworks)
    func convertedModelsAreInferredAndWrittenBack(framework: String, least: Int) throws {
        let names = ConvertedModel.names(of: framework)
        var tally = ConversionTally()
        for name in names { try check(try ConvertedModel(framework, name), &tally) }
        print("\n\(framework): \(tally)")
        #expect(tally.files >= least)
        #expect(tally.cases >= 2 * least)
        #expect(tally.faults.isEmpty, "\(tally.faults.joined(separator: "\n"))")
        let open = Set(tally.open.map(\.file)).subtracting(Self.dependingOnData)
        #expect(open.isEmpty, "sizes left open: \(open.sorted())")
    }

    /// Where sizes can only be known by running: how many boxes remain, and a list that a loop makes longer.
    private static let dependingOnData: Set = [
        "torch/suppression.traced-17", "torch/suppression.captured-18", "torch/bags.captured-18",
    ]

    /// What was answered where bytes are multiplied and added up in 32 bits; elsewhere ONNX Runtime cuts sums of pairs.
    private static let ofBytes: Set = ["torch/quantised_encoder.dynamic"]
    private static let hasByteProducts = Machine.present.extensions.contains { $0.hasSuffix("_vnni") }

    private func check(_ file: ConvertedModel, _ tally: inout ConversionTally) throws {
        let shipped = try Model.read(path: file.path)
        tally.files += 1
        tally.faults += shipped.validate().problems.map { "\(file.name): \($0)" }
        // What the file declares must be what is inferred without knowing any size.
        tally.faults += shipped.inferred().notes.map { "\(file.name): \($0)" }
        // Sequences of maps are answered as tensors, here as at import.
        let model = try shipped.replacingZipMaps().model
        let again = try Model.read(ByteView(copying: try model.encoded()).buffer)
        // Not the models: an imputer looks for what is no number, which is not equal to itself.
        if try again.encoded() != model.encoded() || !model.difference(to: again).isEmpty {
            tally.faults.append("\(file.name): is not the same after writing and reading")
        }
        let before = try Running.session(of: try model.encoded())
        let after = try Running.session(of: try again.encoded())
        let every = try EveryValue(model)
        for (number, item) in file.cases.enumerated() {
            tally.cases += 1
            let place = "\(file.name), case \(number)"
            let answers = try before.run(item.inputs)
            if !areIdentical(answers, try after.run(item.inputs)) {
                tally.faults.append("\(place): differs after writing")
            }
            for (index, (answer, expected)) in zip(answers, item.outputs).enumerated() {
                guard let difference = try file.difference(answer, from: expected) else { continue }
                if !Self.hasByteProducts, Self.ofBytes.contains(file.name) { continue }
                tally.faults.append("\(place): output \(index) \(difference)")
            }
            if answers.count != item.outputs.count { tally.faults.append("\(place): \(answers.count) outputs") }
            tally.add(try every.agreement(item.inputs), file.name, number)
        }
    }
}

/// A model with every value of its main graph as an output, so that the engine tells the shapes of all.
private struct EveryValue {
    private let model: Model
    private let session: any Session
    private let names: [String]

    init(_ model: Model) throws {
        self.model = model
        var editor = GraphEditor(model)
        let types = model.inferred()
        let outputs = Set(model.graph.outputs.map(\.name))
        for name in model.graph.nodes.flatMap(\.outputs) where !name.isEmpty && !outputs.contains(name) {
            guard let element = types[name]?.tensor?.elementType else { continue }
            editor.addOutput(ValueInfo(name, element, nil))
        }
        session = try Running.session(of: try editor.model.encoded())
        names = session.signature.outputs.map(\.name)
    }

    /// Infers without declared outputs, but with the inputs' true sizes, and compares with what comes out.
    func agreement(_ inputs: [Tensor]) throws -> Agreement {
        var options = InferenceOptions()
        for (input, tensor) in zip(model.graph.requiredInputs, inputs) {
            options.inputDimensions[input.name] = tensor.shape.dimensions.map { .fixed($0) }
        }
        let types = model.withoutDeclarations().inferred(options)
        var agreement = Agreement()
        for (name, tensor) in zip(names, try session.run(inputs)) { agreement.compare(types[name], tensor, name) }
        agreement.contradictions += types.notes.map { "note: \($0)" }
        return agreement
    }
}

/// What came of many files.
private struct ConversionTally: CustomStringConvertible {
    var files = 0
    var cases = 0
    var faults: [String] = []
    private var agreement = Agreement()
    private(set) var open: [(file: String, agreement: Agreement)] = []

    mutating func add(_ other: Agreement, _ file: String, _ number: Int) {
        agreement.add(other)
        faults += other.contradictions.map { "\(file), case \(number): \($0)" }
        if other.openRanks + other.openSizes + other.openTypes > 0 { open.append((file, other)) }
    }

    var description: String {
        (["\(files) files, \(cases) cases run on ONNX Runtime before and after, and as the framework answers"]
            + ["  every value, inferred from the inputs' sizes: \(agreement)"]
            + open.map { "  open in \($0.file): \($0.agreement)" })
            .joined(separator: "\n")
    }
}
