/// Which arguments of an operator the values of a call are.
struct OperatorSignature {
    private struct Parameter {
        var name: String
        var kind: Character
        var isNamed: Bool
    }

    private let parameters: [Parameter]

    /// Every way to call an operator, by its name.
    private static let table: [String: [OperatorSignature]] = {
        var lines: [Substring] = []
        for line in OperatorParameters.text.split(separator: "\n") {
            if line.hasPrefix("  "), let last = lines.last {
                lines[lines.count - 1] = last + " " + line.drop { $0 == " " }
            } else {
                lines.append(line)
            }
        }
        var table: [String: [OperatorSignature]] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            guard let name = words.first else { continue }
            table[String(name), default: []].append(OperatorSignature(words.dropFirst()))
        }
        return table
    }()

    private init(_ words: ArraySlice<Substring>) {
        parameters = words.map { word in
            let isNamed = word.hasPrefix("*")
            let parts = (isNamed ? word.dropFirst() : word).split(separator: ":")
            return Parameter(
                name: parts.first.map(String.init) ?? "", kind: parts.last?.first ?? "o", isNamed: isNamed)
        }
    }

    /// The arguments of a call by their names; `nil` when there is no way to call the operator so.
    static func arguments(
        _ name: String, _ values: [ProgramValue], _ named: [String: ProgramValue]
    ) -> [String: ProgramValue]? {
        let ways = table[name] ?? table[String(name.dropLast(name.hasSuffix("_") ? 1 : 0))] ?? []
        // First those whose kinds fit exactly, then those that have the places.
        for isStrict in [true, false] {
            for way in ways {
                if let arguments = way.bound(values, named, isStrict: isStrict) { return arguments }
            }
        }
        return nil
    }

    private func bound(
        _ values: [ProgramValue], _ named: [String: ProgramValue], isStrict: Bool
    ) -> [String: ProgramValue]? {
        let places = parameters.filter { !$0.isNamed }
        guard values.count <= places.count else { return nil }
        var result: [String: ProgramValue] = [:]
        for (value, parameter) in zip(values, places) {
            guard !isStrict || Self.fits(value, parameter.kind) else { return nil }
            result[parameter.name] = value
        }
        for (name, value) in named {
            guard result[name] == nil, parameters.contains(where: { $0.name == name }) else { return nil }
            result[name] = value
        }
        return result
    }

    private static func fits(_ value: ProgramValue, _ kind: Character) -> Bool {
        switch (value, kind) {
        case (.none, _), (_, "o"): true
        case (.tensor, "T"): true
        case (.list(let items), "L"): items.allSatisfy { $0.tensor != nil }
        case (.list(let items), "i"): items.allSatisfy { if case .float = $0 { false } else { true } }
        case (.list(let items), "F"): items.allSatisfy { $0.number != nil }
        case (.int, "i"), (.size, "i"), (.type, "i"): true
        case (.int, "f"), (.float, "f"), (.bool, "f"), (.size, "f"): true
        case (.bool, "b"), (.text, "s"): true
        default: false
        }
    }
}
