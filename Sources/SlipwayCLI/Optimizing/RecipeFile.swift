import Compress
import Optimize
import Tensors

/// A recipe in a file: JSON, steps in their order with their parameters.
enum RecipeFile {
    /// - Throws: `Failure` with the file, the place in it, what was expected and what was found.
    static func read(_ path: String) throws -> RecipeList {
        do {
            return try RecipeList(json: try JSONFile.read(path))
        } catch let fault as RuleFault {
            throw Failure(
                1002, .usage, "'\(path)' is no recipe: \(fault.reason)",
                help: "docs/searching.md describes the form; --save-recipe writes one")
        }
    }

    /// Writes the recipe that was carried out, every parameter said.
    ///
    /// - Parameter steps: as a report has them.
    static func write(_ steps: JSONValue, to path: String) throws(Failure) {
        try OwnFile.write(steps.encoded(pretty: true) + [UInt8(ascii: "\n")], to: path)
    }
}
