package import ModelGraph
package import Optimize

/// The recipes of a list, one after the other, as one recipe.
package struct RecipeChain: Recipe {
    package let name: String
    package let purpose: String
    package let computesInIntegers: Bool
    fileprivate let links: [RecipeLink]

    /// - Returns: a recipe that can leave nodes out, where the list's last one can and does not say which.
    /// - Throws: `RuleFault` for a recipe that is not known.
    package static func recipe(_ list: RecipeList) throws(RuleFault) -> any Recipe {
        var links: [RecipeLink] = []
        for part in list.parts where part.name != RecipePart.passes && part.name != RecipePart.engine {
            guard let recipe = RecipeCatalog.recipe(part.name) else {
                throw RuleFault("there is no recipe '\(part.name)'")
            }
            links.append(RecipeLink(recipe: recipe, part: part))
        }
        let chain = RecipeChain(links)
        guard let last = links.last, last.part.floats.isEmpty, let adjustable = last.recipe as? any AdjustableRecipe
        else {
            return chain
        }
        return AdjustableChain(chain: chain, last: adjustable)
    }

    fileprivate init(_ links: [RecipeLink]) {
        self.links = links
        let recipes = links.map(\.recipe)
        name = recipes.isEmpty ? RecipePart.passes : recipes.map(\.name).joined(separator: "+")
        purpose = recipes.map(\.purpose).joined(separator: "; ")
        computesInIntegers = recipes.contains { $0.computesInIntegers }
    }

    /// Without a recipe, the model as it is: passes have run.
    package func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        try apply(links[...], to: RecipeResult(model), context)
    }

    fileprivate func apply(
        _ links: ArraySlice<RecipeLink>, to start: RecipeResult, _ context: RecipeContext
    ) throws -> RecipeResult {
        var result = start
        for link in links {
            let next = try link.apply(to: result.model, context)
            result = next.following(result)
        }
        return result
    }
}

/// A recipe and what its part of the list says of it.
private struct RecipeLink: Sendable {
    let recipe: any Recipe
    let part: RecipePart

    func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        let own = self.context(context)
        guard !part.floats.isEmpty, let adjustable = recipe as? any AdjustableRecipe else {
            return try recipe.apply(to: model, own)
        }
        let prepared = try adjustable.prepare(model, own)
        if let stranger = part.floats.first(where: { !prepared.candidates.contains($0) }) {
            throw RuleFault("floats: \(part.name) has no node '\(stranger)' to leave out in this model")
        }
        return try prepared.result(leaving: Set(part.floats))
    }

    func context(_ context: RecipeContext) -> RecipeContext {
        var settings = context.settings
        if let calibrator = part.calibrator { settings.calibrator = calibrator }
        if let target = part.target { settings.target = target }
        if let share = part.share { settings.prunedShare = share }
        if !part.ranks.isEmpty { settings.ranks = part.ranks }
        if let byteProducts = part.byteProducts { settings.hasByteProducts = byteProducts }
        return RecipeContext(
            runner: context.runner, calibration: context.calibration, settings: settings,
            reference: context.reference, progress: context.progress)
    }
}

/// A chain whose last recipe can leave nodes out.
private struct AdjustableChain: AdjustableRecipe {
    let chain: RecipeChain
    let last: any AdjustableRecipe

    var name: String { chain.name }
    var purpose: String { chain.purpose }
    var computesInIntegers: Bool { chain.computesInIntegers }

    func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult { try chain.apply(to: model, context) }

    func prepare(_ model: Model, _ context: RecipeContext) throws -> any PreparedRecipe {
        let start = try chain.apply(chain.links.dropLast(), to: RecipeResult(model), context)
        let own = chain.links.last?.context(context) ?? context
        return PreparedChain(start: start, last: try last.prepare(start.model, own))
    }
}

private struct PreparedChain: PreparedRecipe {
    /// What came before the last recipe.
    let start: RecipeResult
    let last: any PreparedRecipe

    var reference: Model { last.reference }
    var candidates: [String] { last.candidates }
    var traces: [String: (input: String, output: String)] { last.traces }

    func result(leaving nodes: Set<String>) throws -> RecipeResult {
        try last.result(leaving: nodes).following(start)
    }
}

extension LayerRecord {
    /// What two steps have done to a node; why one of them did nothing is told only where the other did nothing either.
    fileprivate func following(_ earlier: LayerRecord) -> LayerRecord {
        var record = self
        if earlier.isChanged == isChanged {
            record.action = earlier.action == action ? action : "\(earlier.action), \(action)"
        } else if earlier.isChanged {
            (record.isChanged, record.action) = (true, earlier.action)
        }
        record.decibels = decibels ?? earlier.decibels
        return record
    }
}

extension RecipeResult {
    /// With what was said of the steps before.
    fileprivate func following(_ earlier: RecipeResult) -> RecipeResult {
        var result = self
        var places: [String: Int] = [:]
        result.layers = []
        for record in earlier.layers + layers {
            if let place = places[record.node] {
                result.layers[place] = record.following(result.layers[place])
            } else {
                places[record.node] = result.layers.count
                result.layers.append(record)
            }
        }
        result.notes = earlier.notes + notes
        result.ranks = earlier.ranks.merging(ranks) { _, later in later }
        return result
    }
}
