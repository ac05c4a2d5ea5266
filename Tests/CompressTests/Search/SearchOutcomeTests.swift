import Engines
import Testing

@testable import Compress

/// What is tried, what is left out, and what wins.
@Suite struct SearchOutcomeTests {
    /// A candidate: its name, bytes, milliseconds, quality.
    typealias Row = (name: String, bytes: Int, time: Double, quality: Double)

    static let original: Row = ("original", 1000, 1.0, 0.98)

    static func outcome(_ goals: SearchGoals, _ rows: [Row], original: Row = original) -> SearchOutcome {
        let entries = ([original] + rows).enumerated().map { number, row in
            let recipe = RecipeList(number == 0 ? [] : [RecipePart("fp16")])
            var candidate = SearchCandidate(recipe, .onnxRuntime, first: .onnxRuntime, why: "")
            candidate.name = row.name
            let made = SearchMeasurement(
                bytes: row.bytes, digest: row.name, quality: row.quality, drop: original.quality - row.quality,
                recipe: recipe, time: SearchTime(p50: row.time, p99: row.time, noise: 0.01, runs: 9))
            return CandidateSearch.Entry(candidate: candidate, state: .made(made))
        }
        return SearchOutcome(entries, goals)
    }

    static func winner(_ goals: SearchGoals, _ rows: [Row], original: Row = original) -> String? {
        let outcome = outcome(goals, rows, original: original)
        return outcome.winner.map { outcome.findings[$0].candidate.name }
    }

    static let rows: [Row] = [
        ("passes", 990, 0.99, 0.98), ("int8", 300, 0.5, 0.979), ("fp16", 500, 1.0, 0.98),
        ("both", 150, 0.51, 0.976), ("tiny", 80, 0.45, 0.90),
    ]

    @Test func eachAimHasItsWinner() {
        // 0.50 and 0.51 ms are equally fast: the smaller one.
        #expect(Self.winner(SearchGoals(drop: 0.005), Self.rows) == "both")
        #expect(Self.winner(SearchGoals(drop: 0.002), Self.rows) == "int8")
        #expect(Self.winner(SearchGoals(drop: 0.1), Self.rows) == "tiny")
        #expect(Self.winner(SearchGoals(drop: 0), Self.rows) == "fp16")
        #expect(Self.winner(SearchGoals(purpose: .edge), Self.rows) == "both")
        #expect(Self.winner(SearchGoals(bytes: 400), Self.rows) == "int8")
        #expect(Self.winner(SearchGoals(bytes: 600), Self.rows) == "fp16")
        #expect(Self.winner(SearchGoals(milliseconds: 0.6), Self.rows) == "int8")
        #expect(Self.winner(SearchGoals(milliseconds: 0.1), Self.rows) == nil)
        #expect(Self.winner(SearchGoals(drop: 0.005, milliseconds: 0.6, bytes: 200), Self.rows) == "both")
    }

    @Test func whatKeepsNoLimitIsNamedWithTheNearest() {
        let late = Self.outcome(SearchGoals(milliseconds: 0.1), Self.rows)
        #expect(late.winner == nil && late.reason?.contains("the fastest is tiny") == true, "\(late.reason ?? "")")
        let poor = Self.outcome(SearchGoals(drop: 0.001), [("int8", 300, 0.5, 0.9), ("int4", 200, 0.5, 0.8)])
        #expect(poor.reason?.contains("the nearest is int8: loses 8") == true, "\(poor.reason ?? "")")
        let same = Self.outcome(SearchGoals(), [("passes", 999, 1.01, 0.98)])
        #expect(same.reason == "what keeps the limits is neither smaller nor faster")
        #expect(Self.outcome(SearchGoals(), []).reason == "nothing could be tried")
    }

    @Test func whatIsSmallerAndSlowerWinsOnlyWhereSizeIsAsked() {
        let slow: [Row] = [("int8-weights", 300, 1.4, 0.98)]
        #expect(Self.winner(SearchGoals(drop: 0.01), slow) == nil)
        #expect(Self.winner(SearchGoals(purpose: .edge), slow) == "int8-weights")
        // Where the original is too large, what fits is better whatever it takes.
        #expect(Self.winner(SearchGoals(bytes: 500), slow) == "int8-weights")
    }

    @Test func theFrontHasWhatNothingBeats() {
        let outcome = Self.outcome(SearchGoals(drop: 0.5), Self.rows + [("worse", 500, 1.1, 0.97)])
        let front = outcome.findings.filter(\.isOnFront).map(\.candidate.name)
        #expect(
            front == ["passes", "int8", "fp16", "both", "tiny"] || front == ["int8", "passes", "fp16", "both", "tiny"])
    }

    // MARK: - Plans

    @Test func whatCannotFitIsNotTried() {
        let facts = SearchFacts(bytes: 100_000, floatBytes: 96_000, convolutions: 4, products: 1)
        let plan = SearchPlan(facts, SearchGoals(bytes: 30_000), engines: [.onnxRuntime], recipes: [])
        #expect(!plan.candidates.contains { $0.name == "fp16" })
        #expect(plan.leftOut.first { $0.name == "fp16" }?.reason.contains("at most 30000") == true)
        #expect(plan.candidates.contains { $0.name == "int8" })
    }

    @Test func withoutDataNothingIsPruned() {
        let facts = SearchFacts(bytes: 100, floatBytes: 96, convolutions: 4, products: 1, isGenerated: true)
        let plan = SearchPlan(facts, SearchGoals(), engines: [.onnxRuntime], recipes: [])
        #expect(plan.leftOut.map(\.name) == ["prune", "prune + int8", "low-rank", "bf16", "fp16 arithmetic"])
    }

    @Test func eachEngineHasItsOwnCandidatesAndAnEdgeOnlyTheFirst() {
        let facts = SearchFacts(bytes: 100, floatBytes: 96, convolutions: 0, products: 9)
        let machine = Machine(processor: "P", cores: 2, extensions: ["avx512_bf16", "avx512_fp16", "avx512_vnni"])
        let plan = SearchPlan(
            facts, SearchGoals(), engines: [.onnxRuntime, .openVINO], machine: machine, recipes: [])
        let names = plan.candidates.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.contains("original on OpenVINO"))
        #expect(names.contains("int8-dynamic") && names.contains("int8-dynamic on OpenVINO") && plan.leftOut.isEmpty)
        #expect(
            plan.candidates.filter { $0.engine == .openVINO }.allSatisfy { candidate in
                candidate.recipe.parts.allSatisfy { $0.name == "passes" || $0.target == .openVINO }
            })
        let edge = SearchPlan(facts, SearchGoals(purpose: .edge), engines: [.onnxRuntime, .openVINO], recipes: [])
        #expect(edge.candidates.allSatisfy { $0.engine == .onnxRuntime })
        let bare = SearchPlan(
            SearchFacts(bytes: 9, floatBytes: 0, convolutions: 0, products: 0), SearchGoals(), engines: [.onnxRuntime],
            recipes: [])
        #expect(bare.candidates.map(\.name) == ["original", "passes"] && bare.leftOut.count == 1)
    }

    @Test func aLowerBoundIsNeverAboveWhatARecipeReaches() {
        let facts = SearchFacts(bytes: 191_403, floatBytes: 187_000, convolutions: 3, products: 2)
        for (names, most) in [(["int8"], 55_000), (["fp16"], 98_000), (["int4-weights"], 35_000), (["prune"], 60_000)] {
            #expect(facts.leastBytes(RecipeList(names.map(RecipePart.init))) <= most, "\(names)")
        }
        #expect(facts.leastBytes(RecipeList([RecipePart("another")])) == 0)
    }
}
