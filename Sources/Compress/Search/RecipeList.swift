package import Engines
package import Optimize
package import Tensors

/// A recipe as it is written down: steps in their order, each with its parameters. The same list, model, data and engine
/// give the same model, byte for byte.
package struct RecipeList: Hashable, Sendable {
    package var seed: Int
    package var parts: [RecipePart]

    package init(_ parts: [RecipePart], seed: Int = 0) {
        self.parts = parts
        self.seed = seed
    }

    /// `prune 40 % + int8`; `passes` where nothing follows them, and nothing for no step at all.
    package var name: String {
        let recipes = parts.filter { $0.name != RecipePart.passes }
        return (recipes.isEmpty ? parts : recipes).map(\.words).joined(separator: " + ")
    }

    /// The names of its recipes, without `passes`.
    package var recipes: [String] { parts.map(\.name).filter { $0 != RecipePart.passes } }

    /// What the engine is told when it runs the result.
    package var setting: EngineSetting { parts.last { $0.name == RecipePart.engine }?.setting ?? .usual }

    /// The steps that make the file: all but what the engine is told.
    package var withoutSetting: RecipeList {
        RecipeList(parts.filter { $0.name != RecipePart.engine }, seed: seed)
    }

    /// As a file has it.
    package var json: JSONValue {
        .object([(Self.mark, .integer(1)), ("seed", .integer(seed)), ("steps", .array(parts.map(\.json)))])
    }

    /// The member that says that a file is a recipe, and the version of its form.
    package static let mark = "slipway-recipe"
}

// MARK: - Reading

extension RecipeList {
    /// The most steps of a recipe, and the most names in one of its lists.
    private static let most = (parts: 16, names: 2048)

    /// Reads a recipe's file: an object as `json` writes it, or the list of steps alone.
    ///
    /// - Throws: `RuleFault` with the place, what was expected, and what was found.
    package init(json: JSONValue) throws(RuleFault) {
        var steps = json
        var seed = 0
        if case .object(let members) = json {
            for member in members where ![Self.mark, "seed", "steps"].contains(member.key) {
                throw RuleFault("'\(member.key)' is no member of a recipe; it has \(Self.mark), seed and steps")
            }
            if let version = json[Self.mark], version.intValue != 1 {
                throw RuleFault("\(Self.mark): expected 1, found \(version.encodedString())")
            }
            if let given = json["seed"] {
                guard let number = given.intValue else {
                    throw RuleFault("seed: expected a whole number, found \(given.encodedString())")
                }
                seed = number
            }
            guard let list = json["steps"] else { throw RuleFault("a recipe has a list of steps: \"steps\": […]") }
            steps = list
        }
        guard case .array(let list) = steps else {
            throw RuleFault("steps: expected a list, found \(steps.encodedString().prefix(60))")
        }
        guard (1...Self.most.parts).contains(list.count) else {
            throw RuleFault("steps: expected 1 to \(Self.most.parts), found \(list.count)")
        }
        var parts: [RecipePart] = []
        for (number, step) in list.enumerated() {
            let part = try Self.part(step, at: "steps[\(number)]")
            if part.name == RecipePart.passes, number > 0 {
                throw RuleFault("steps[\(number)]: passes come first, and once")
            }
            if part.name == RecipePart.engine, number < list.count - 1 {
                throw RuleFault("steps[\(number)]: what the engine is told comes last, and once")
            }
            parts.append(part)
        }
        self.init(parts, seed: seed)
    }

    /// Parameters by step; every recipe has `target`.
    private static func parameters(of name: String) -> [String] {
        switch name {
        case RecipePart.passes: ["without"]
        case "int8": ["target", "calibrator", "floats", "byteProducts"]
        case "prune": ["target", "share"]
        case "low-rank": ["target", "ranks"]
        case RecipePart.engine: ["target", "precision", "roundingGroup"]
        default: ["target", "byteProducts"]
        }
    }

    private static func part(_ json: JSONValue, at place: String) throws(RuleFault) -> RecipePart {
        guard case .object(let members) = json else {
            throw RuleFault("\(place): expected {\"step\": …}, found \(json.encodedString().prefix(60))")
        }
        let names = [RecipePart.passes] + RecipeCatalog.names + [RecipePart.engine]
        guard let name = json["step"]?.stringValue, names.contains(name) else {
            throw RuleFault(
                "\(place).step: expected one of \(names.joined(separator: ", ")), "
                    + "found \(json["step"]?.encodedString().prefix(60) ?? "none")")
        }
        var part = RecipePart(name)
        let allowed = parameters(of: name)
        for member in members where member.key != "step" {
            guard allowed.contains(member.key) else {
                throw RuleFault(
                    "\(place).\(member.key): \(name) has no such parameter; it has \(allowed.joined(separator: ", "))")
            }
            try part.read(member, at: "\(place).\(member.key)", most: most.names)
        }
        if name == RecipePart.engine, part.setting == .usual {
            throw RuleFault("\(place): the engine is told nothing; say precision or roundingGroup")
        }
        return part
    }
}

extension RecipePart {
    fileprivate mutating func read(_ member: JSONValue.Member, at place: String, most: Int) throws(RuleFault) {
        let value = member.value
        func fault(_ expected: String) -> RuleFault {
            RuleFault("\(place): expected \(expected), found \(value.encodedString().prefix(60))")
        }
        switch member.key {
        case "without":
            let names = try Self.names(value, most, fault("a list of passes"))
            for name in names where !PassCatalog.names.contains(name) {
                throw RuleFault("\(place): there is no pass '\(name)'")
            }
            without = names
        case "floats": floats = try Self.names(value, most, fault("a list of names of nodes"))
        case "calibrator":
            guard let name = value.stringValue, Calibrator(rawValue: name) != nil else {
                throw fault("one of \(Calibrator.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            calibrator = name
        case "target":
            guard let engine = value.stringValue.flatMap(EngineKind.init(rawValue:)) else {
                throw fault("one of \(EngineKind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            target = engine
        case "share":
            guard let number = value.doubleValue, number > 0, number < 1 else {
                throw fault("a number between 0 and 1")
            }
            share = number
        case "ranks":
            guard case .object(let list) = value, list.count <= most else { throw fault("ranks by names of nodes") }
            for rank in list {
                guard let number = rank.value.intValue, number > 0 else {
                    throw RuleFault(
                        "\(place): expected a rank of at least 1, found \(rank.value.encodedString().prefix(60))")
                }
                ranks[rank.key] = number
            }
        case "precision":
            guard let precision = value.stringValue.flatMap(SessionOptions.Precision.init(word:)) else {
                throw fault("one of \(SessionOptions.Precision.allCases.map(\.word).joined(separator: ", "))")
            }
            setting.precision = precision
        case "roundingGroup":
            guard let number = value.intValue, (1...EngineSetting.largestGroup).contains(number) else {
                throw fault("a whole number from 1 to \(EngineSetting.largestGroup)")
            }
            setting.roundingGroup = number
        default:
            guard let truth = value.boolValue else { throw fault("true or false") }
            byteProducts = truth
        }
    }

    private static func names(_ value: JSONValue, _ most: Int, _ fault: RuleFault) throws(RuleFault) -> [String] {
        guard case .array(let list) = value, list.count <= most else { throw fault }
        let names = list.compactMap(\.stringValue)
        guard names.count == list.count else { throw fault }
        return names
    }
}
