package import Compress
package import Engines
package import Tensors

/// Which recipe is to be applied, and how. Travels to the limited child with the other settings.
package struct Compression: Hashable, Sendable {
    /// Steps with their parameters, passes first.
    package var list: RecipeList
    /// Inputs to look at values with: a file (NPZ, NPY, CSV), or a folder of pictures or of recorded requests. `nil`: the
    /// version's evaluation set, else made-up inputs.
    package var calibration: String?
    /// `nil`: the recipe's own choice.
    package var calibrator: String?
    package var seed = 0
    /// Accuracy that may be lost, from 0 to 1.
    package var largestDrop: Double?
    /// The share of operations that pruning is to cut; `nil`: the recipe's own choice.
    package var prunedShare: Double?
    /// Whether noise is measured at every node, for a report.
    package var measuresNoise = false
    /// The engine that the result is for.
    package var target = EngineKind.onnxRuntime

    /// Whether the result is one of several that a search compares.
    package var isCandidate = false

    /// Passes, then a recipe.
    package init(_ recipe: String) { self.init(RecipeList([RecipePart(RecipePart.passes), RecipePart(recipe)])) }

    package init(_ list: RecipeList) {
        self.list = list
        seed = list.seed
    }

    /// Whether the share that is pruned is to be searched: nobody says how much, and what may be lost is said.
    var searchesShare: Bool {
        let isOpen = list.parts.contains { $0.name == "prune" && $0.share == nil }
        return isOpen && prunedShare == nil && largestDrop != nil
    }

    /// The recipe as it was carried out, every parameter said, so that it gives the same model again.
    ///
    /// - Parameters:
    ///   - left: nodes that were given back their floats.
    ///   - share: what was pruned, where that was searched.
    ///   - ranks: that layers got.
    func resolved(left: [String], share: Double?, ranks: [String: Int], without: Set<String>) -> RecipeList {
        var list = list
        list.seed = seed
        let settings = settings
        // Where the engine is told something, that comes last and changes no node.
        let last = list.parts.lastIndex { $0.name != RecipePart.engine }
        for index in list.parts.indices {
            var part = list.parts[index]
            switch part.name {
            case RecipePart.passes: part.without = Set(part.without).union(without).sorted()
            case "prune":
                part.target = part.target ?? target
                part.share = part.share ?? share ?? prunedShare ?? PruneRecipe.usualShare
            default:
                part.target = part.target ?? target
                if part.name.hasPrefix("int8") { part.byteProducts = part.byteProducts ?? settings.hasByteProducts }
                if part.name == "low-rank" { part.ranks = ranks }
                if part.name == "int8" {
                    part.calibrator = part.calibrator ?? calibrator ?? Calibrator.mse.rawValue
                    if part.floats.isEmpty, index == last { part.floats = left }
                }
            }
            list.parts[index] = part
        }
        return list
    }

    /// The recipes there are.
    package static var recipes: [(name: String, purpose: String)] {
        RecipeCatalog.all.map { ($0.name, $0.purpose) }
    }

    package static var calibrators: [String] { Calibrator.allCases.map(\.rawValue) }

    package var json: JSONValue {
        .object([
            ("recipe", list.json), ("candidate", .bool(isCandidate)),
            ("calibration", calibration.map(JSONValue.string) ?? .null),
            ("calibrator", calibrator.map(JSONValue.string) ?? .null), ("seed", .integer(seed)),
            ("prunedShare", prunedShare.map(JSONValue.number) ?? .null),
            ("largestDrop", largestDrop.map(JSONValue.number) ?? .null), ("noise", .bool(measuresNoise)),
            ("target", .string(target.rawValue)),
        ])
    }

    /// Reads what `json` writes; `nil` for anything else.
    init?(json: JSONValue?) {
        guard let json, let recipe = json["recipe"], let list = try? RecipeList(json: recipe),
            let seed = json["seed"]?.intValue,
            let target = json["target"]?.stringValue.flatMap(EngineKind.init(rawValue:))
        else { return nil }
        self.init(list)
        isCandidate = json["candidate"]?.boolValue ?? false
        calibration = json["calibration"]?.stringValue
        calibrator = json["calibrator"]?.stringValue
        self.seed = seed
        largestDrop = json["largestDrop"]?.doubleValue
        prunedShare = json["prunedShare"]?.doubleValue
        measuresNoise = json["noise"]?.boolValue ?? false
        self.target = target
    }

    /// As recipes read it.
    var settings: RecipeSettings {
        var settings = RecipeSettings()
        settings.target = target
        settings.calibrator = calibrator
        settings.prunedShare = prunedShare
        settings.seed = UInt64(bitPattern: Int64(seed))
        let machine = Machine.present
        settings.threads = machine.cores
        #if arch(x86_64)
        settings.hasByteProducts = !machine.extensions.filter { $0.hasSuffix("_vnni") || $0 == "amx_int8" }.isEmpty
        #endif
        return settings
    }
}
