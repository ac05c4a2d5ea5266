import Compress
package import Engines
package import Tensors

/// Which recipe is to be applied, and how. Travels to the limited child with the other settings.
package struct Compression: Hashable, Sendable {
    package var recipe: String
    /// A file of inputs to look at values with: NPZ, NPY or CSV. `nil`: the version's evaluation set, else made-up inputs.
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

    package init(_ recipe: String) { self.recipe = recipe }

    /// The recipes there are.
    package static var recipes: [(name: String, purpose: String)] {
        RecipeCatalog.all.map { ($0.name, $0.purpose) }
    }

    package static var calibrators: [String] { Calibrator.allCases.map(\.rawValue) }

    package var json: JSONValue {
        .object([
            ("recipe", .string(recipe)), ("calibration", calibration.map(JSONValue.string) ?? .null),
            ("calibrator", calibrator.map(JSONValue.string) ?? .null), ("seed", .integer(seed)),
            ("prunedShare", prunedShare.map(JSONValue.number) ?? .null),
            ("largestDrop", largestDrop.map(JSONValue.number) ?? .null), ("noise", .bool(measuresNoise)),
            ("target", .string(target.rawValue)),
        ])
    }

    /// Reads what `json` writes; `nil` for anything else.
    init?(json: JSONValue?) {
        guard let json, let recipe = json["recipe"]?.stringValue, let seed = json["seed"]?.intValue,
            let target = json["target"]?.stringValue.flatMap(EngineKind.init(rawValue:))
        else { return nil }
        self.init(recipe)
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
