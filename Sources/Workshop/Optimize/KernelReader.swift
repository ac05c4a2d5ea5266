import Compress
import Engines
import Glibc
import ModelGraph
import Registry
import SystemPackage
import Tensors

/// Reads back what an engine's own optimisation makes of a model.
enum KernelReader {
    /// Inside the walls.
    static func read(path: String, output: String, directories: [String]) throws -> JSONValue {
        let engine = try EngineCatalog(directory: directories.first).engine(.onnxRuntime)
        var options = SessionOptions()
        options.optimization = .recorded(path: output)
        _ = try engine.load(.file(path), options: options)
        return KernelCount(try Model.read(path: output)).json
    }
}

extension ModelOptimizer {
    /// Which nodes of a model run in whole numbers, in a child of its own; `nil` where that cannot be told.
    ///
    /// - Parameter path: a file that a child wrote.
    func kernels(of path: String) async -> JSONValue? {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var name = Array("\(folder)/slipway-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { return nil }
        close(descriptor)
        let output = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        defer { unlink(output) }
        let task = ChildTask.kernels(path: path, output: output, engineDirectories: engineDirectories)
        return try? await child.run(task).report
    }

    /// The report of a recipe that wants whole numbers, with what the engine makes of its result.
    func withKernels(_ report: JSONValue, of path: String) async -> JSONValue {
        let recipes = (report["recipe"]?.stringValue ?? "").split(separator: "+").map(String.init)
        guard recipes.compactMap(RecipeCatalog.recipe).contains(where: \.computesInIntegers),
            report["outcome"]?.stringValue == "improved",
            report["engine"]?.stringValue?.hasPrefix(EngineKind.onnxRuntime.displayName) == true,
            (report["settings"]?["target"]?.stringValue ?? EngineKind.onnxRuntime.rawValue)
                == EngineKind.onnxRuntime.rawValue,
            case .object(var members) = report, let kernels = await kernels(of: path)
        else { return report }
        members.append(.init(key: "kernels", value: kernels))
        return .object(members)
    }
}
