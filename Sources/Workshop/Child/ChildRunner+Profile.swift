import Glibc
import Tensors

extension ChildRunner {
    /// What share of a run each node of a model takes, by label, measured on ONNX Runtime in a limited child; `nil` where it
    /// cannot be told.
    package func profile(
        of path: String, engineDirectories: [String]
    ) async -> (shares: [String: Double], runs: Int)? {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var name = Array("\(base)/slipway-XXXXXX".utf8CString)
        let made = name.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        guard made else { return nil }
        let folder = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        defer { Self.remove(folder) }
        let task = ChildTask.profile(path: path, folder: folder, engineDirectories: engineDirectories)
        guard let report = try? await run(task).report, let shares = report["shares"]?.objectValue,
            let runs = report["runs"]?.intValue
        else { return nil }
        let pairs = shares.compactMap { member in member.value.doubleValue.map { (member.key, $0) } }
        return (Dictionary(pairs, uniquingKeysWith: { first, _ in first }), runs)
    }

    /// What the engine wrote is in one folder, without folders inside.
    private static func remove(_ folder: String) {
        for name in Folder.sortedNames(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
