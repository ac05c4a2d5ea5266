package import Tensors

extension Importer {
    /// What a graph is found to be that has its package already.
    package struct Checked: Sendable {
        /// What the limited child found in it.
        package var inspection: ModelInspection
        /// How the engines agree on it, as it is recorded.
        package var comparison: JSONValue
    }

    /// Checks a graph as an import does, and stores nothing: read in the limited child, run once on every engine.
    ///
    /// The caller sees to it that the file does not change meanwhile.
    ///
    /// - Throws: `WorkshopError` when the graph is refused, also for outputs that an import would have rewritten.
    package func check(
        _ path: String, runsOnce: Bool = true, progress: @Sendable (Step) -> Void = { _ in }
    ) async throws -> Checked {
        progress(.inspecting)
        let inspection = try await child.inspect(path: path)
        guard !inspection.hasMapOutput else {
            throw WorkshopError(
                .rejected, "the graph answers with maps, which cannot be served",
                help: "import its file with 'slipway import', which makes them tensors")
        }
        // Names that somebody else chose would lead wherever they like.
        guard inspection.externalFiles.isEmpty else {
            throw WorkshopError(
                .rejected, "the graph keeps weights in other files, which a package from elsewhere may not",
                help: "bring its files here and import them with 'slipway import'")
        }
        let trials = runsOnce ? try await trials(path, progress) : []
        return Checked(inspection: inspection, comparison: trials.json)
    }
}
