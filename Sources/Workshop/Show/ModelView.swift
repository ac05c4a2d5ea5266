import Glibc
import SystemPackage
package import Tensors

extension ChildRunner {
    /// Layers, sums and external files of a model, read in the limited child.
    ///
    /// - Parameter sizes: what to assume where the model leaves sizes open.
    /// - Throws: `WorkshopError` when it is no valid model.
    package func layers(path: String, sizes: OpenSizes) async throws(WorkshopError) -> JSONValue {
        do {
            return try await run(.layers(path: path, sizes: sizes)).report
        } catch {
            throw error.about(path)
        }
    }

    /// Has the limited child write a model's page into an open file.
    ///
    /// - Throws: `WorkshopError` when it is no valid model, or the file cannot take the page.
    package func writePage(
        of path: String, sizes: OpenSizes, title: String, to descriptor: Int32
    ) async throws(WorkshopError) -> JSONValue {
        do {
            return try await run(
                .page(path: path, sizes: sizes, title: title), writingTo: FileDescriptor(rawValue: descriptor))
        } catch {
            throw error.about(path)
        }
    }

    /// What differs between two models, read in the limited child.
    ///
    /// - Throws: `WorkshopError` when one of them is no valid model.
    package func difference(_ before: String, _ after: String) async throws(WorkshopError) -> JSONValue {
        try await run(.difference(before: before, after: after)).report
    }
}
