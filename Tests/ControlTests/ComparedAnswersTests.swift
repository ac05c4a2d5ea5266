import Comparing
import Tensors
import Testing

@testable import Control

/// What a comparison's page says, from what a comparison says.
@Suite struct ComparedAnswersTests {
    /// `count` answers: scores of three classes, of which the candidate swaps the first two for every tenth.
    private func comparison(_ count: Int, classes: [String]) throws -> VersionComparison {
        var comparison = VersionComparison(outputs: ["scores"], classes: classes)
        for number in 0..<count {
            let base = try Tensor(.float32, Shape([1, 3]), values: [0.8, 0.15, 0.05] as [Float])
            let other = try Tensor(.float32, Shape([1, 3]), values: [0.1, 0.85, 0.05] as [Float])
            comparison.add(
                .init(
                    base: [base], candidate: [number.isMultiple(of: 10) ? other : base], rows: 1, baseSeconds: 0.001,
                    candidateSeconds: 0.004))
        }
        return comparison
    }

    private func entry(_ answers: JSONValue, _ more: [(String, JSONValue)] = []) -> JSONValue {
        .object(
            [
                ("base", "digits:1"), ("candidate", "digits:2"), ("open", true), ("obstacle", .null),
                ("mirrored", .object([("dropped", 3), ("late", 4), ("absent", 0)])), ("answers", answers),
            ] + more)
    }

    @Test func answersAreToldAsFiguresAndTables() throws {
        let view = ComparedAnswersWords.view(entry(try comparison(200, classes: ["cat", "dog", "<b>"]).json))
        #expect(view.lead.hasPrefix("digits:2 and digits:1 are asked the same"))
        let facts = Dictionary(view.facts.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(facts["The same"] == "90.00 %" && facts["Inputs"] == "200" && facts["Answered otherwise"] == "20")
        #expect(facts["Let go under load"] == "7" && view.problem == nil)
        let output = try #require(view.outputs.first)
        #expect(output.name == "scores" && output.lead == "90.00 % the same")
        let confusion = try #require(output.confusion)
        #expect(confusion.headings == ["cat", "dog"])
        #expect(confusion.rows.map { $0.cells.map(\.text) } == [["180", "20"], ["·", "·"]])
        #expect(confusion.rows[0].cells.map(\.style) == ["hit2", "miss2"])
        let spread = try #require(view.spreads.first)
        #expect(spread.p50 == "0" && spread.p99 == "0.7" && spread.largest == "0.7")
        #expect(view.times?.figures.first?.before == "1 ms" && view.times?.figures.first?.after == "4 ms")
        #expect(view.times?.first == "digits:1" && view.times?.second == "digits:2")
        #expect(output.apart.first?.before == "cat 0.8" && output.apart.first?.after == "dog 0.85")
    }

    @Test func outputsThatSayTheSameAboutClassesShowItOnce() throws {
        var comparison = VersionComparison(outputs: ["scores", "probabilities", "other"], classes: ["cat", "dog"])
        func scores(_ first: Float) throws -> Tensor { try Tensor(.float32, Shape([1, 2]), values: [first, 0.5]) }
        let (cat, dog) = (try scores(0.9), try scores(0.1))
        comparison.add(
            .init(
                base: [cat, cat, cat], candidate: [dog, dog, cat], rows: 1, baseSeconds: 0.001, candidateSeconds: 0.001)
        )
        let outputs = ComparedAnswersWords.view(entry(comparison.json)).outputs
        #expect(outputs.map { $0.confusion != nil } == [true, false, false])
        #expect(outputs[1].lead.hasSuffix(", classes as in scores"))
        #expect(!outputs[2].lead.contains("as in"))
    }

    @Test func manyClassesAreAListOfWhatChangedMost() {
        let cells = (0..<40).map { number in
            JSONValue.object([
                ("base", .string("c\(number)")), ("candidate", .string("c\(number + 1)")),
                ("count", .integer(100 - number)),
            ])
        }
        let answers = JSONValue.object([
            ("rows", 10), ("outputs", [.object([("name", "out"), ("classes", .object([("cells", .array(cells))]))])]),
        ])
        let output = ComparedAnswersWords.view(entry(answers)).outputs.first
        #expect(output?.confusion == nil && output?.moves.count == 10)
        #expect(output?.moves.first?.name == "c0 → c1" && output?.moves.first?.value == "100")
    }

    @Test func whatKeepsThemFromBeingComparedIsSaid() {
        let none = ComparedAnswersWords.view(entry(VersionComparison(outputs: ["out"]).json))
        #expect(none.lead == "No answers of digits:2 and digits:1 are compared yet.")
        #expect(none.facts.isEmpty && none.outputs.isEmpty && none.times == nil && none.problem == nil)
        let obstacle = ComparedAnswersWords.view(
            .object([("obstacle", "they keep state"), ("base", "a:1"), ("candidate", "a:2")]))
        #expect(obstacle.problem == "They are not compared: they keep state")
        let failed = ComparedAnswersWords.view(
            entry(.object([("rows", 5), ("failed", 2), ("lastFailure", "out of memory")])))
        #expect(failed.problem == "The new version did not answer 2 of them: out of memory")
        // What is no such record is no trouble.
        #expect(ComparedAnswersWords.view(.null).facts.isEmpty)
        #expect(ComparedAnswersWords.view(.object([("answers", .object([("rows", .integer(.max))]))])).facts.count == 4)
    }
}
