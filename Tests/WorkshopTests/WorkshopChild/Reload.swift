import Engines
import Glibc
import LiteRT
import Tensors

/// Loads, runs and drops models over and over, and tells the memory before and after: in a process of its own, because
/// whatever else runs in the tests' process takes memory too.
enum Reload {
    /// - Parameter models: the files, separated by colons.
    static func run(engine name: String, models: String) throws -> JSONValue {
        guard let kind = EngineKind(rawValue: name) else { return ["message": "there is no such engine"] }
        let engine = try EngineCatalog.translating().engine(kind)
        let paths = models.split(separator: ":").map(String.init)
        // What is kept once for the process is there after a few.
        for _ in 0..<40 { try cycle(paths, engine) }
        EngineMemory.trim()
        let before = resident()
        for _ in 0..<200 { try cycle(paths, engine) }
        EngineMemory.trim()
        return .object([("before", .integer(before)), ("after", .integer(resident()))])
    }

    private static func cycle(_ paths: [String], _ engine: any Engine) throws {
        for path in paths {
            let session = try engine.load(.file(path), options: SessionOptions())
            _ = try session.run(try SampleInputs().tensors(for: session.signature, rows: 2))
        }
    }

    /// Resident memory in kilobytes; 0 when it cannot be read.
    private static func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "re") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }
}
