internal import Glibc
internal import Home

/// A directory of its own for one test, removed with its contents when the last reference goes.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init(_ prefix: String = "slipway-test") throws {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/\(prefix).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw MissingTool("no temporary directory could be made") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        (try? HomeDirectory(path: path))?.removeEverything()
    }

    /// A path inside.
    package func file(_ name: String) -> String { "\(path)/\(name)" }
}
