import Glibc
import Tensors

/// Reads a file of arrays inside the walls, and throws away what it read.
///
/// Evaluation runs a model where the engine is, in the process of the command, and its data can be gigabytes: handing
/// it over from a child would cost as much again. So a child reads the same bytes first with the same code. What makes
/// that code trap, hang or swell ends the child, and the command says so.
enum Rehearsal {
    /// - Returns: how many arrays there are, and whether they are the columns of a table.
    static func read(path: String) throws -> JSONValue {
        let (count, isTable) =
            try EvaluationSet.isZip(path)
            ? (NPZ.read(path: path, limits: EvaluationSet.limits).count, false) : (table(path), true)
        return .object([("arrays", .integer(count)), ("table", .bool(isTable))])
    }

    private static func table(_ path: String) throws -> Int {
        let table = try CSVTable.read(path: path, limits: EvaluationSet.limits)
        for column in table.columns { _ = try column.tensor() }
        return table.columns.count
    }
}

extension ChildRunner {
    /// Has a child read an NPZ or CSV file, before this process does.
    ///
    /// - Throws: `WorkshopError` for what cannot be read, and when the child died of it.
    package func rehearse(arrays path: String) async throws(WorkshopError) {
        do {
            _ = try await run(.arrays(path: path))
        } catch {
            throw error.about(path)
        }
    }
}
