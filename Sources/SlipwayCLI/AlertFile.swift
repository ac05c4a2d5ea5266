import Alerts
import Release

/// The file of `serve --alerts`.
enum AlertFile {
    /// - Throws: `Failure` with the file, and the place in it.
    static func read(_ path: String) throws -> AlertSettings {
        let json = try JSONFile.read(path)
        do throws(ReleaseError) {
            return try AlertSettings(json: json)
        } catch {
            throw Failure(6005, .usage, "'\(path)': \(error.message)", help: error.help)
        }
    }
}
