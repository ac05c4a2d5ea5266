import Engines
import ModelGraph
import Tensors
import Testing

/// The operator test cases of the `onnx` wheel: read, checked, inferred, written back, run before and after.
@Suite(.enabled(if: TestData.folder != nil, "SLIPWAY_TEST_ONNX_DATA names no unpacked test data"))
struct OperatorTests {
    /// Groups of the wheel and the fewest cases each must have: a test that finds nothing proves nothing.
    static let groups = [("node", 1700), ("simple", 20), ("pytorch-converted", 80), ("pytorch-operator", 30)]

    @Test(arguments: groups)
    func casesAreReadInferredAndWrittenBack(group: String, least: Int) throws {
        let names = TestData.cases(in: [group])
        var tally = Tally()
        for name in names { tally.add(try check(OperatorCase(name)), name) }
        print("\n\(group): \(tally)")
        #expect(tally.cases >= least)
        #expect(tally.faults.isEmpty, "\(tally.faults.joined(separator: "\n"))")
        #expect(tally.runs > tally.cases / 3)
    }

    private func check(_ item: OperatorCase) throws -> CaseResult {
        var result = CaseResult()
        let model = try item.model()
        var options = ValidationOptions()
        options.externalData = .refuse
        result.faults += model.validate(options).problems.map(\.description)

        let rewritten = try model.encoded()
        let again = try Model.read(ByteView(copying: rewritten).buffer)
        if again != model { result.faults.append("is not the same after writing and reading") }

        let inputs = item.tensors("input")
        let expected = item.tensors("output")
        result.declared = agreement(of: model, inputs, expected)
        result.withConstants = agreement(of: try model.fixing(inputs), inputs, expected)
        result.outcome = try run(item, model, rewritten, inputs, &result)
        return result
    }

    /// Infers without declared outputs, but with the inputs' true sizes.
    private func agreement(of model: Model, _ inputs: [Tensor?], _ expected: [Tensor?]) -> Agreement {
        let plain = model.withoutDeclarations()
        let types = plain.inferred()
        var agreement = Agreement()
        for (output, tensor) in zip(model.graph.outputs, expected) {
            if let tensor { agreement.compare(types[output.name], tensor, output.name) }
        }
        agreement.contradictions += types.notes.map { "note: \($0)" }
        return agreement
    }

    private func run(
        _ item: OperatorCase, _ model: Model, _ rewritten: [UInt8], _ inputs: [Tensor?], _ result: inout CaseResult
    ) throws -> CaseResult.Outcome {
        var given: [String: Tensor] = [:]
        for (input, tensor) in zip(model.graph.inputs, inputs) {
            guard let tensor else { return .skipped("an input is a sequence or optional") }
            given[input.name] = tensor
        }
        guard !model.graph.outputs.contains(where: { $0.type?.tensor == nil }) else {
            return .skipped("an output is a sequence or optional")
        }
        let before: [String: Tensor]
        do throws(EngineError) {
            before = try Running.outputs(ofFile: "\(item.folder)/model.onnx", given)
        } catch {
            return .skipped(Self.reason(error))
        }
        if model.isRandom { return .skipped("random numbers") }
        let after = try Running.outputs(of: rewritten, given)
        for output in model.graph.outputs.map(\.name) {
            guard let one = before[output], let other = after[output] else { continue }
            if !areIdentical([one], [other]) { result.faults.append("output \(output) differs after writing") }
        }
        let types = try model.withoutDeclarations().fixing(inputs).inferred()
        var agreement = Agreement()
        for (name, tensor) in before { agreement.compare(types[name], tensor, name) }
        result.faults += agreement.contradictions.map { "engine: \($0)" }
        return .ran
    }

    /// The words of an engine's refusal without what is particular to the case.
    private static func reason(_ error: EngineError) -> String {
        let text = "\(error.message)"
        for (part, reason) in [
            ("NOT_IMPLEMENTED", "ONNX Runtime has no kernel"),
            ("Could not find an implementation", "ONNX Runtime has no kernel"),
            ("No Op registered", "ONNX Runtime does not know the operator"),
            ("is not a registered function/op", "ONNX Runtime does not know the operator"),
            ("is under development", "an operator set newer than ONNX Runtime's"),
            ("Unsupported model IR version", "an IR version newer than ONNX Runtime's"),
        ] where text.contains(part) {
            return reason
        }
        return String(text.prefix(90))
    }
}

/// What came of one case.
struct CaseResult {
    enum Outcome {
        case ran
        case skipped(String)
    }

    var faults: [String] = []
    var declared = Agreement()
    var withConstants = Agreement()
    var outcome = Outcome.ran
}

/// What came of many.
struct Tally: CustomStringConvertible {
    private(set) var cases = 0
    private(set) var runs = 0
    private(set) var faults: [String] = []
    private var skips: [String: Int] = [:]
    private var declared = Agreement()
    private var withConstants = Agreement()
    private var open: [String] = []

    mutating func add(_ result: CaseResult, _ name: String) {
        cases += 1
        switch result.outcome {
        case .ran: runs += 1
        case .skipped(let reason): skips[reason, default: 0] += 1
        }
        declared.add(result.declared)
        withConstants.add(result.withConstants)
        let wrong = result.faults + result.declared.contradictions + result.withConstants.contradictions
        faults += wrong.map { "\(name): \($0)" }
        if result.withConstants.openRanks + result.withConstants.openSizes + result.withConstants.openTypes > 0 {
            open.append(name)
        }
    }

    var description: String {
        let reasons = skips.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
            "  \($0.value) not run: \($0.key)"
        }
        return
            (["\(cases) cases, \(runs) run on ONNX Runtime before and after"] + reasons + [
                "  inferred from declared inputs: \(declared)",
                "  inferred from known inputs: \(withConstants)",
                "  open in \(open.count) cases: \(open.prefix(400).joined(separator: " "))",
            ]).joined(separator: "\n")
    }
}

extension Model {
    /// Whether two runs may differ by design.
    fileprivate var isRandom: Bool {
        operatorCounts.contains { count in
            ["RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"]
                .contains(count.name.type)
                || count.name.type == "Dropout"
        }
    }
}
