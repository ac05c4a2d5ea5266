package import Engines
package import Tensors

/// One step of a recipe with its parameters: `int8`, with ranges by `mse`, for ONNX Runtime.
package struct RecipePart: Hashable, Sendable {
    /// A recipe's name, or `passes`.
    package let name: String
    /// Passes that are left out. Of `passes`.
    package var without: [String] = []
    /// How ranges are chosen; `nil`: the recipe's own choice.
    package var calibrator: String?
    /// The engine that the result is for; `nil`: the one that judges.
    package var target: EngineKind?
    /// The share of operations that is cut, from 0 to 1; `nil`: the recipe's own choice.
    package var share: Double?
    /// Nodes that keep their floats.
    package var floats: [String] = []
    /// Whether the processors that will run the result multiply bytes and add up products in 32 bits; `nil`: as this machine's.
    package var byteProducts: Bool?
    /// The ranks that layers get, by node; empty: what is measured to be faster. Of `low-rank`.
    package var ranks: [String: Int] = [:]
    /// What the engine is told when it runs the result. Of `engine`.
    package var setting = EngineSetting.usual

    /// The name of what runs before recipes and leaves answers alone.
    package static let passes = "passes"
    /// The name of what changes no file: what the engine is told.
    package static let engine = "engine"

    package init(_ name: String) { self.name = name }

    /// In a word or two: `prune 40 %`.
    package var words: String {
        if name == Self.engine { return setting == .usual ? name : setting.words }
        guard let share else { return name }
        return "\(name) \(Int((share * 100).rounded())) %"
    }

    /// Members that are not said are left out.
    package var json: JSONValue {
        var members: [(String, JSONValue)] = [("step", .string(name))]
        if !without.isEmpty { members.append(("without", .array(without.map(JSONValue.string)))) }
        if let calibrator { members.append(("calibrator", .string(calibrator))) }
        if let target { members.append(("target", .string(target.rawValue))) }
        if let share { members.append(("share", .number(share))) }
        if !floats.isEmpty { members.append(("floats", .array(floats.map(JSONValue.string)))) }
        if let byteProducts { members.append(("byteProducts", .bool(byteProducts))) }
        if !ranks.isEmpty {
            let sorted = ranks.sorted { $0.key < $1.key }
            members.append(("ranks", .object(sorted.map { ($0.key, .integer($0.value)) })))
        }
        if setting.precision != .float32 { members.append(("precision", .string(setting.precision.word))) }
        if let group = setting.roundingGroup { members.append(("roundingGroup", .integer(group))) }
        return .object(members)
    }

    /// As a report shows it.
    package var step: OptimisationRecord.Step {
        var parameters: [OptimisationRecord.Parameter] = []
        func say(_ name: String, _ value: String?) {
            if let value { parameters.append(OptimisationRecord.Parameter(name, value)) }
        }
        say("without", without.isEmpty ? nil : without.joined(separator: ", "))
        say("calibrator", calibrator)
        say("target", target?.rawValue)
        say("share", share.map { "\(Int(($0 * 100).rounded())) %" })
        say("floats", floats.isEmpty ? nil : floats.joined(separator: ", "))
        say("byteProducts", byteProducts.map { $0 ? "yes" : "no" })
        let told = ranks.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        say("ranks", told.isEmpty ? nil : told.joined(separator: ", "))
        say("precision", setting.precision == .float32 ? nil : setting.precision.word)
        say("roundingGroup", setting.roundingGroup.map(String.init))
        return OptimisationRecord.Step(name, parameters)
    }
}
