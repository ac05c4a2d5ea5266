package import Engines

/// A model that may be made: on which engine, by which steps, and why it is worth a try.
package struct SearchCandidate: Hashable, Sendable {
    /// As people read it, unique: `int8`, `prune 40 % + int8 on OpenVINO`.
    package var name: String
    package let engine: EngineKind
    /// Empty for the original.
    package var recipe: RecipeList
    package let why: String
    /// Whether the share that `prune` found on the same engine is filled in first.
    package let needsShare: Bool

    package init(
        _ recipe: RecipeList, _ engine: EngineKind, first: EngineKind, why: String, needsShare: Bool = false
    ) {
        self.recipe = recipe
        self.engine = engine
        self.why = why
        self.needsShare = needsShare
        let name = recipe.parts.isEmpty ? "original" : recipe.name
        self.name = engine == first ? name : "\(name) on \(engine.displayName)"
    }

    package var isOriginal: Bool { recipe.parts.isEmpty }
}

/// What a search tries of a model, in which order, and what it leaves out from the start. A value, made of facts alone.
package struct SearchPlan: Hashable, Sendable {
    /// The first is the original on the first engine.
    package private(set) var candidates: [SearchCandidate] = []
    /// Names and reasons.
    package private(set) var leftOut: [Omission] = []

    package struct Omission: Hashable, Sendable {
        package let name: String
        package let reason: String

        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }

    /// - Parameters:
    ///   - engines: those there are; what is measured on the first is what others are compared with.
    ///   - without: passes that are left out.
    ///   - machine: that runs the candidates.
    ///   - recipes: those there are.
    package init(
        _ facts: SearchFacts, _ goals: SearchGoals, engines: [EngineKind], seed: Int = 0, without: [String] = [],
        machine: Machine = .present, recipes: [any Recipe] = RecipeCatalog.all
    ) {
        guard let first = engines.first else { return }
        var passes = RecipePart(RecipePart.passes)
        passes.without = without
        for engine in goals.purpose == .edge ? [first] : engines {
            func list(_ idea: Idea) -> RecipeList {
                let names = idea.recipes + (idea.setting == .usual ? [] : [RecipePart.engine])
                let parts = names.map { name in
                    var part = RecipePart(name)
                    part.target = engine
                    if name == RecipePart.engine { part.setting = idea.setting }
                    return part
                }
                return RecipeList([passes] + parts, seed: seed)
            }
            candidates.append(SearchCandidate(RecipeList([], seed: seed), engine, first: first, why: Self.baseline))
            candidates.append(
                SearchCandidate(
                    RecipeList([passes], seed: seed), engine, first: first, why: "a smaller graph that answers alike"))
            // Where an engine is there that can be told such things, nobody need hear that others cannot.
            let settings = engine == .openVINO || !engines.contains(.openVINO) ? Self.settings(facts, engine) : []
            for idea in Self.ideas(facts, engine, recipes) + settings {
                let candidate = SearchCandidate(
                    list(idea), engine, first: first, why: idea.why, needsShare: idea.needsShare)
                let obstacle = idea.reason ?? idea.setting.obstacle(on: engine, machine)
                if let reason = obstacle ?? Self.tooLarge(candidate, facts, goals) {
                    leftOut.append(Omission(name: candidate.name, reason: reason))
                } else {
                    candidates.append(candidate)
                }
            }
        }
    }

    private static let baseline = "what others are compared with"

    private struct Idea {
        var recipes: [String]
        var why: String
        var needsShare = false
        /// What the engine is told.
        var setting = EngineSetting.usual
        /// Why it is left out.
        var reason: String?
    }

    /// What engines may be told: arithmetic in 16 bits for any graph, larger groups where they round activations by themselves.
    private static func settings(_ facts: SearchFacts, _ engine: EngineKind) -> [Idea] {
        guard facts.convolutions + facts.products > 0 else { return [] }
        var ideas = [
            Idea(
                recipes: [], why: "the same file; the engine computes in bf16",
                setting: EngineSetting(precision: .bfloat16)),
            Idea(
                recipes: [], why: "the same file; the engine computes in 16-bit floats",
                setting: EngineSetting(precision: .float16)),
        ]
        if facts.isTransformer, engine == .openVINO {
            ideas.append(
                Idea(
                    recipes: ["int8-dynamic"], why: "activations share a scale in groups of \(group) instead of 32",
                    setting: EngineSetting(roundingGroup: group)))
        }
        return ideas
    }

    /// Four times OpenVINO's own choice. On MiniLM-L6 twice the speed of floats instead of 1.76 times, at a cosine of 0.997.
    private static let group = 128

    private static func ideas(_ facts: SearchFacts, _ engine: EngineKind, _ recipes: [any Recipe]) -> [Idea] {
        let weighted = facts.convolutions + facts.products
        guard weighted > 0 else {
            return [Idea(recipes: ["int8"], why: "", reason: "there is no Conv, Gemm or MatMul with constant weights")]
        }
        let isTransformer = facts.isTransformer
        let noData = facts.isGenerated ? "needs real inputs: give some with --calibration FILE" : nil
        var ideas: [Idea] = []
        let whole = Idea(recipes: ["int8"], why: "weights and activations in a quarter of the bytes, integer kernels")
        let dynamic = Idea(
            recipes: ["int8-dynamic"], why: "integer products whose activations are rounded as they come")
        // Products whose activations have outliers lose less when ranges are found as they come.
        if isTransformer { ideas += [dynamic, whole] } else { ideas.append(whole) }
        ideas.append(Idea(recipes: ["fp16"], why: "weights in half the bytes, for next to no loss"))
        ideas.append(
            Idea(recipes: ["prune"], why: "channels cut, as many as the allowed loss pays for", reason: noData))
        ideas.append(
            Idea(
                recipes: ["prune", "int8"], why: "both: fewer channels, and those in whole numbers", needsShare: true,
                reason: noData))
        ideas.append(
            Idea(
                recipes: ["low-rank"], why: "layers as two thinner ones, where that is measured to be faster",
                reason: noData))
        if facts.products > 0 {
            ideas.append(Idea(recipes: ["int8-weights"], why: "weights in blocks of 8 bits, activations in floats"))
            ideas.append(Idea(recipes: ["int4-weights"], why: "weights in blocks of 4 bits, activations in floats"))
        }
        return ideas + others(recipes)
    }

    /// Recipes that no idea is about, as they say of themselves.
    private static func others(_ recipes: [any Recipe]) -> [Idea] {
        let known: Set = ["int8", "int8-dynamic", "fp16", "prune", "int8-weights", "int4-weights", "low-rank"]
        return recipes.filter { !known.contains($0.name) }.map { recipe in
            // Zeros: the file is packed better, and no smaller.
            let isSparse = recipe.name.hasPrefix("sparse")
            return Idea(
                recipes: [recipe.name], why: recipe.purpose,
                reason: isSparse ? "makes only the packed file smaller" : nil)
        }
    }

    private static func tooLarge(_ candidate: SearchCandidate, _ facts: SearchFacts, _ goals: SearchGoals) -> String? {
        guard let most = goals.largestBytes else { return nil }
        let least = facts.leastBytes(candidate.recipe)
        return least > most ? "cannot have fewer than \(least) bytes; at most \(most) are allowed" : nil
    }
}
