import Glibc
import Home
import Registry
import Tensors
import Workshop

/// Imports a file into a home that takes no file over a megabyte, and says what came of it.
enum Overflow {
    static func run(folder: String) async throws -> JSONValue {
        let home = try HomeDirectory(path: folder + "/home")
        let registry = ModelRegistry(try HomeDatabase.open(home))
        let source = folder + "/large"
        let file = open(source, O_WRONLY | O_CREAT, 0o600)
        guard file >= 0, ftruncate(file, 2 << 20) == 0 else { return ["message": "no file could be made"] }
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        do {
            _ = try await Importer(registry: registry, engineDirectories: []).run(
                Importer.Request(path: source, model: try ModelName("large")))
            return ["message": "it was imported"]
        } catch let error as WorkshopError {
            return .object([("storage", .bool(error.code == .storage)), ("message", .string(error.message))])
        }
    }
}
