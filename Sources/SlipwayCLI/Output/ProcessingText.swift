import Columns
import Tensors

/// How declared processing is written.
enum ProcessingText {
    /// What is declared, as JSON; a table for columns, of which there may be many.
    static func lines(_ processing: JSONValue) -> [String] {
        var lines: [String] = []
        let rest = withoutColumns(processing)
        if rest.objectValue?.isEmpty != true { lines.append("  declared \(rest.encodedString())") }
        for step in processing["pre"]?.arrayValue ?? [] {
            guard let columns = step["columns"], let input = step["input"]?.stringValue,
                let recipes = try? ColumnRecipe.list(json: columns)
            else { continue }
            lines.append("  columns  of input \(input)")
            lines += table(recipes)
        }
        return lines
    }

    private static func table(_ recipes: [ColumnRecipe]) -> [String] {
        var table = Table("COLUMN", ">NUMBERS", "WHERE MISSING", "BECOMES")
        for recipe in recipes {
            table.add(recipe.column, "\(recipe.width)", recipe.missingText, recipe.encodingText)
        }
        return table.rendered().split(separator: "\n").map { "           \($0)" }
    }

    private static func withoutColumns(_ processing: JSONValue) -> JSONValue {
        guard let members = processing.objectValue else { return processing }
        return .object(
            members.compactMap { member in
                guard member.key == "pre", let steps = member.value.arrayValue else { return member }
                let others = steps.filter { $0["columns"] == nil }
                return others.isEmpty ? nil : JSONValue.Member(key: "pre", value: .array(others))
            })
    }
}
