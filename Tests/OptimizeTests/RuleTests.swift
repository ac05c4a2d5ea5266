import ModelGraph
import Optimize
import Tensors
import Testing

/// Each rule where it holds and where it does not: what the graph becomes, and that answers stay.
@Suite struct RuleTests {
    /// A model, the pass that is tried, and the operators that are left.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var pass: String
        var left: [String]
        /// What is said of a node that is left alone.
        var refusal: String?
        var make: @Sendable () throws -> Model

        init(
            _ name: String, _ pass: String, _ left: [String], refusal: String? = nil,
            _ make: @escaping @Sendable () throws -> Model
        ) {
            self.name = name
            self.pass = pass
            self.left = left
            self.refusal = refusal
            self.make = make
        }

        var testDescription: String { "\(pass): \(name)" }
    }

    static let cases =
        NormalizationCases.all + SmallCases.all + ShapeCases.all + FormulaCases.all + ScalingCases.all

    @Test(arguments: cases)
    func whatTheRuleSaysIsDoneAndAnswersStay(_ item: Case) throws {
        let model = try item.make()
        try #require(model.validate().isValid, "\(model.validate().problems)")
        let pass = try #require(PassCatalog.all.first { $0.name == item.pass })
        let (result, report) = try Made.optimized(model, [pass, DeadCode()])
        #expect(result.operators == item.left, "\(report.json.encodedString())")
        #expect(result.validate().isValid, "\(result.validate().problems)")
        #expect(report.records.allSatisfy { $0.verdict != .rejected }, "\(report.json.encodedString())")
        #expect(Tolerance.total.accepts(report.difference))
        if let refusal = item.refusal {
            #expect(report.refusals.contains { $0.contains(refusal) }, "\(report.refusals)")
        } else if item.left != model.operators {
            #expect(report.record(item.pass)?.verdict == .applied)
        }
    }

    @Test func everyPassHasACaseInWhichItActsAndOneInWhichItDoesNot() throws {
        for name in PassCatalog.names where name != "dead-code" {
            let own = try Self.cases.filter { $0.pass == name }.map { (try $0.make().operators, $0.left) }
            #expect(
                own.contains { $0 != $1 || ["shared-weights", "inner-graphs"].contains(name) }, "\(name) never acts")
            #expect(own.contains { $0 == $1 }, "\(name) always acts")
        }
        #expect(Set(PassCatalog.names).count == PassCatalog.names.count)
    }
}
