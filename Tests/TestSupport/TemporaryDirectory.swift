internal import Glibc

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
        nftw(path, { name, _, _, _ in name.map { remove($0) } ?? 0 }, 32, FTW_DEPTH | FTW_PHYS)
    }

    /// A path inside.
    package func file(_ name: String) -> String { "\(path)/\(name)" }
}
