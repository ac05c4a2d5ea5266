import Engines
import Glibc
import ModelGraph
import Optimize
import Tensors
import Testing

/// The operator test cases of the `onnx` wheel through every pass: what the engine answers must not change.
@Suite(.enabled(if: TestData.folder != nil, "SLIPWAY_TEST_ONNX_DATA names no unpacked test data"))
struct OptimizedOperatorTests {
    /// One case in this many; all of them with `SLIPWAY_TEST_ALL`.
    private static let stride = getenv("SLIPWAY_TEST_ALL") == nil ? 6 : 1

    /// What came of many cases.
    private struct Count {
        var cases = 0
        var changed = 0
        var rejected: [String] = []
        var faults: [String] = []
        var skips = 0
    }

    /// - Parameter fixed: whether the inputs become constants, so that nearly everything can be worked out.
    @Test(arguments: [false, true])
    func everyCaseAnswersAsBefore(fixed: Bool) throws {
        let all = TestData.cases(in: ["node", "simple", "pytorch-converted", "pytorch-operator"])
        let engine = try Running.catalog.engine(.onnxRuntime)
        var count = Count()
        for (index, name) in all.enumerated() where index.isMultiple(of: Self.stride) {
            count.cases += 1
            try check(OperatorCase(name), engine, fixed: fixed, &count)
        }
        print(
            "\n\(count.cases) cases, inputs \(fixed ? "constant" : "free"): \(count.skips) not run, "
                + "\(count.changed) optimised, \(count.faults.count) changed answers, "
                + "\(count.rejected.count) passes undone: \(count.rejected.joined(separator: "; "))")
        #expect(count.faults.isEmpty, "\(count.faults.joined(separator: "\n"))")
        #expect(count.changed > count.cases / 50)
    }

    /// Every case that is older than operator set 21 answers in it as in its own, or is refused by name.
    @Test func everyOldCaseAnswersAlikeInANewerOperatorSet() throws {
        let runner = ModelRunner(try Running.catalog.engine(.onnxRuntime))
        let conversion = try OpsetConversion(21)
        var (converted, changed, skipped, faults) = (0, 0, 0, [String]())
        for (index, name) in TestData.cases(in: ["node", "simple", "pytorch-converted", "pytorch-operator"])
            .enumerated()
        where index.isMultiple(of: Self.stride) {
            let item = OperatorCase(name)
            let model = try item.model()
            let inputs = item.tensors("input").compactMap(\.self)
            guard let opset = model.opset, (OpsetConversion.oldest..<21).contains(opset),
                let before = try? runner.session(model, optimized: true).run(inputs)
            else {
                skipped += 1
                continue
            }
            do {
                let after = try conversion.applied(to: model).model
                let answers = try runner.session(after, optimized: true).run(inputs)
                if !Tolerance.rounding(1e-6).accepts(try OutputDifference(before, answers)) { changed += 1 }
                converted += 1
            } catch {
                faults.append("\(name): \((error as? RuleFault)?.reason ?? "\(error)")")
            }
        }
        print(
            "\n\(converted) cases in operator set 21, \(changed) changed, \(skipped) not for it, \(faults.count) refused: "
                + faults.joined(separator: "\n"))
        #expect(changed == 0 && converted > 3 * faults.count && converted > 50)
    }

    private func check(
        _ item: OperatorCase, _ engine: any Engine, fixed: Bool, _ count: inout Count
    ) throws {
        var model = try item.model()
        let inputs = item.tensors("input")
        guard inputs.allSatisfy({ $0 != nil }), model.graph.outputs.allSatisfy({ $0.type?.tensor != nil }) else {
            return count.skips += 1
        }
        if fixed { model = try model.fixing(inputs) }
        let given = fixed ? [] : inputs.compactMap(\.self)
        let result: (model: Model, report: OptimizationReport)
        do {
            result = try OptimizationWork(engine, measuresSpeed: false).run(model) { _ in [given] }
        } catch {
            return count.skips += 1
        }
        let rejected = result.report.records.filter { $0.verdict == .rejected }
        count.rejected += rejected.map { "\(item.name): \($0.name): \($0.reason ?? "")" }
        guard result.report.outcome == .improved else { return }
        count.changed += 1
        if !result.model.validate().isValid { count.faults.append("\(item.name): not valid afterwards") }
        let runner = ModelRunner(engine)
        do {
            let answers = try [model, result.model].map { try runner.session($0, optimized: true).run(given) }
            let difference = try OutputDifference(answers[0], answers[1])
            if !Tolerance.total.accepts(difference) { count.faults.append("\(item.name): \(difference)") }
        } catch {
            count.faults.append("\(item.name): \(error)")
        }
    }
}
