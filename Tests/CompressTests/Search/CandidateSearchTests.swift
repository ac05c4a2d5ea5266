import Engines
import Testing

@testable import Compress

/// The search as a value: every way that candidates of a small plan can turn out.
@Suite struct CandidateSearchTests {
    /// A network of two layers, 100 KB of which are weights.
    static let facts = SearchFacts(bytes: 100_000, floatBytes: 96_000, convolutions: 2, products: 0)

    static func plan(
        _ goals: SearchGoals = SearchGoals(), engines: [EngineKind] = [.onnxRuntime], facts: SearchFacts = facts
    ) -> SearchPlan {
        SearchPlan(facts, goals, engines: engines, machine: Machine(processor: "P", cores: 2), recipes: [])
    }

    /// How a candidate may turn out.
    enum Fate: CaseIterable { case good, bad, heavy, failed, twin }

    /// What is told of a candidate with a fate.
    static func measurement(_ candidate: SearchCandidate, _ fate: Fate, number: Int) -> SearchMeasurement {
        var recipe = candidate.recipe
        for index in recipe.parts.indices where recipe.parts[index].name == "prune" {
            recipe.parts[index].share = recipe.parts[index].share ?? 0.4
        }
        let drop = fate == .bad ? 0.5 : 0.001
        return SearchMeasurement(
            bytes: fate == .heavy ? 99_999 : 40_000 + number, digest: fate == .twin ? "original" : "digest \(number)",
            quality: 0.98 - drop, drop: drop, recipe: recipe)
    }

    /// Every list of so many fates.
    static func fates(_ count: Int) -> [[Fate]] {
        guard count > 0 else { return [[]] }
        return fates(count - 1).flatMap { rest in Fate.allCases.map { rest + [$0] } }
    }

    /// What happened on the way to an outcome.
    struct Run {
        var made: [SearchCandidate] = []
        var raced: [SearchCandidate] = []
        var outcome: SearchOutcome?
        var actions = 0
    }

    /// Carries out a search whose candidates turn out as the fates say, in turn; the last is used for all that follow.
    static func run(
        _ plan: SearchPlan, _ goals: SearchGoals, _ fates: [Fate], isTimed: Bool = true, endsAfter: Int = .max
    ) -> Run {
        var search = CandidateSearch(plan, goals)
        var run = Run()
        while run.actions < 100 {
            run.actions += 1
            if run.made.count >= endsAfter { search.endTime() }
            let action = search.next()
            // Asking again changes nothing.
            if search.next() != action { return Run() }
            switch action {
            case .make(let candidate):
                let number = run.made.count
                run.made.append(candidate)
                guard !candidate.isOriginal else {
                    search.take(
                        SearchMeasurement(
                            bytes: 100_000, digest: "original", quality: 0.98, drop: 0, recipe: candidate.recipe),
                        of: candidate.name)
                    continue
                }
                let fate = fates[min(number - 1, fates.count - 1)]
                if fate == .failed {
                    search.drop(candidate.name, "it failed")
                } else {
                    search.take(measurement(candidate, fate, number: number), of: candidate.name)
                }
            case .race(let candidates):
                run.raced = candidates
                let times = candidates.enumerated().map { number, candidate in
                    (candidate.name, SearchTime(p50: 1 - Double(number) / 20, p99: 2, noise: 0.01, runs: 9))
                }
                search.take(times: isTimed ? Dictionary(uniqueKeysWithValues: times) : [:])
            case .finish(let outcome):
                run.outcome = outcome
                return run
            }
        }
        return run
    }

    @Test func whateverHappensItEndsAndKeepsItsPromises() throws {
        var goals = SearchGoals(drop: 0.01)
        goals.largestBytes = 90_000
        let plan = Self.plan(goals)
        #expect(
            plan.candidates.map(\.name) == ["original", "passes", "int8", "fp16", "prune", "prune + int8", "low-rank"])
        var winners = 0
        var broken: [String] = []
        for fates in Self.fates(5) {
            for (isTimed, endsAfter) in [(true, Int.max), (false, .max), (true, 3)] {
                let run = Self.run(plan, goals, fates, isTimed: isTimed, endsAfter: endsAfter)
                let faults = Self.faults(run, plan, isTimed: isTimed, endsAfter: endsAfter)
                if !faults.isEmpty { broken.append("\(fates): \(faults)") }
                winners += run.outcome?.winner == nil ? 0 : 1
            }
        }
        #expect(broken.isEmpty, "\(broken.count): \(broken.prefix(3))")
        #expect(winners > 1000)
    }

    /// What does not hold of a run that has to hold of every one.
    static func faults(_ run: Run, _ plan: SearchPlan, isTimed: Bool, endsAfter: Int) -> [String] {
        guard let outcome = run.outcome else { return ["no end"] }
        var faults: [String] = []
        func hold(_ isSo: Bool, _ what: String) { if !isSo { faults.append(what) } }
        let findings = Dictionary(uniqueKeysWithValues: outcome.findings.map { ($0.candidate.name, $0) })
        hold(run.actions <= plan.candidates.count + 2, "too many actions")
        hold(Set(run.made.map(\.name)).count == run.made.count, "made twice")
        hold(run.made.count <= max(1, endsAfter), "made after the end of time")
        hold(outcome.findings.count == plan.candidates.count, "candidates lost")
        hold(run.raced.isEmpty || run.raced[0].isOriginal && run.raced.count > 1, "run without the original")
        for candidate in run.raced.dropFirst() {
            let finding = findings[candidate.name]
            hold(finding?.reason == nil && finding?.measurement?.drop ?? 1 < 0.01, "run though refused")
        }
        if let both = run.made.first(where: { $0.needsShare }) {
            hold(both.name == "prune 40 % + int8", "another share than was found")
            let single = [findings["prune"], findings["int8"]]
            hold(single.allSatisfy { $0?.measurement?.drop ?? 1 < 0.01 }, "built upon what lost too much")
        }
        hold(
            outcome.findings.allSatisfy { !$0.isOnFront || $0.measurement?.time != nil }, "on the front without a time")
        if let winner = outcome.winner {
            let finding = outcome.findings[winner]
            hold(finding.reason == nil && !finding.candidate.isOriginal && outcome.reason == nil, "a wrong winner")
            hold(!isTimed || finding.isOnFront, "a winner behind the front")
            hold(finding.measurement?.bytes ?? .max < 90_000, "a winner that is too large")
        } else {
            hold(outcome.reason != nil, "no reason for no winner")
        }
        let isAble = outcome.findings.dropFirst().contains { $0.reason == nil && $0.measurement != nil }
        hold(isAble == (outcome.winner != nil), "something able and no winner")
        return faults
    }

    /// The machine that has all that engines may be told, and how a plan for it is carried out with one fate for all.
    static func told(_ fate: Fate) -> Run {
        let machine = Machine(processor: "P", cores: 2, extensions: ["avx512_bf16", "avx512_vnni"])
        let facts = SearchFacts(bytes: 100_000, floatBytes: 96_000, convolutions: 0, products: 9)
        let goals = SearchGoals(drop: 0.01)
        let plan = SearchPlan(
            facts, goals, engines: [.onnxRuntime, .openVINO], machine: machine, recipes: [])
        return run(plan, goals, [fate])
    }

    @Test func whatEnginesAreToldMakesACandidateOfItsOwn() throws {
        let run = Self.told(.twin)
        // Every file is the original's: what computes in other numbers is still another candidate.
        #expect(run.raced.map(\.name) == ["original", "original on OpenVINO", "bf16 on OpenVINO"])
        let good = Self.told(.good)
        let names = good.made.map(\.name)
        #expect(names.contains("bf16 on OpenVINO") && names.contains("int8-dynamic + groups of 128 on OpenVINO"))
        #expect(!names.contains { $0.hasPrefix("fp16 arithmetic") })
        let group = try #require(good.made.first { $0.recipe.setting.roundingGroup != nil })
        #expect(group.recipe.parts.last?.name == "engine" && group.recipe.parts.last?.target == .openVINO)
    }

    @Test func largerGroupsAreNotTriedWhereSmallOnesLoseTooMuch() {
        let run = Self.told(.bad)
        #expect(!run.made.contains { $0.recipe.setting.roundingGroup != nil })
        let finding = run.outcome?.findings.first { $0.candidate.recipe.setting.roundingGroup != nil }
        #expect(finding?.reason?.contains("int8-dynamic on OpenVINO is not usable") == true, "\(finding?.reason ?? "")")
        // The original loses nothing: other arithmetic is tried.
        #expect(run.made.contains { $0.recipe.setting.precision == .bfloat16 })
    }

    @Test func whereNoKernelComputesSoTheReasonIsSaid() {
        let facts = SearchFacts(bytes: 100_000, floatBytes: 96_000, convolutions: 0, products: 9)
        let plain = Machine(processor: "P", cores: 2, extensions: ["avx2"])
        let plan = SearchPlan(facts, SearchGoals(), engines: [.onnxRuntime, .openVINO], machine: plain, recipes: [])
        #expect(
            plan.leftOut.map(\.name) == [
                "bf16 on OpenVINO", "fp16 arithmetic on OpenVINO", "int8-dynamic + groups of 128 on OpenVINO",
            ])
        let alone = SearchPlan(facts, SearchGoals(), engines: [.onnxRuntime], machine: plain, recipes: [])
        #expect(alone.leftOut.map(\.name) == ["bf16", "fp16 arithmetic"])
        #expect(alone.leftOut.allSatisfy { $0.reason.hasPrefix("ONNX Runtime has no") })
    }

    @Test func answersThatNobodyAskedForChangeNothing() {
        let goals = SearchGoals()
        var search = CandidateSearch(Self.plan(goals), goals)
        let before = search
        let stray = SearchMeasurement(bytes: 1, digest: "a", quality: 1, drop: 0, recipe: RecipeList([]))
        search.take(stray, of: "int8")
        search.drop("int8", "no reason")
        search.take(times: [:])
        #expect(search == before)
        _ = search.next()
        search.take(stray, of: "int8")
        #expect(search.progress.done == 0)
    }

    @Test func anEngineThatDoesNotRunTheOriginalGetsNothingElse() {
        let goals = SearchGoals()
        var search = CandidateSearch(Self.plan(goals, engines: [.onnxRuntime, .openVINO]), goals)
        var made: [SearchCandidate] = []
        while case .make(let candidate) = search.next() {
            made.append(candidate)
            if candidate.engine == .openVINO {
                search.drop(candidate.name, "it does not know an operator")
            } else {
                search.take(Self.measurement(candidate, .good, number: made.count), of: candidate.name)
            }
        }
        #expect(made.count { $0.engine == .openVINO } == 1)
    }

    @Test func memoryBoundsHowManyRunSideBySide() {
        let goals = SearchGoals()
        let plan = Self.plan(goals, engines: [.onnxRuntime, .openVINO])
        var search = CandidateSearch(plan, goals, raceSize: 3)
        var number = 0
        while case .make(let candidate) = search.next() {
            number += 1
            search.take(Self.measurement(candidate, .good, number: number), of: candidate.name)
        }
        guard case .race(let runners) = search.next() else {
            Issue.record("nothing is run")
            return
        }
        #expect(runners.count == 3 && runners.prefix(2).allSatisfy(\.isOriginal))
    }
}
