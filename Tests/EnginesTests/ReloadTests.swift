import Glibc
import Tensors
import Testing

@testable import Engines

/// Loading and unloading gives memory back: what other servers are reproached with most.
@Suite struct ReloadTests {
    /// Resident memory in kilobytes.
    private static func resident() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "re"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        #expect(fgets(&line, 256, file) != nil)
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
    }

    /// Loads, runs and drops three models.
    private static func cycle(_ kind: EngineKind) throws {
        let pixels = try Fixtures.floats([2, 4], MLPReference.pixels(rows: 2))
        let mlp = try Fixtures.session("mlp", on: kind)
        #expect(try mlp.run([pixels])[0].floats == MLPReference.scores(MLPReference.pixels(rows: 2)))
        let sums = try Fixtures.session("two_by_two", on: kind)
        #expect(try sums.run([Fixtures.floats([1, 3], [1, 2, 3]), Fixtures.floats([1, 3], [1, 1, 1])]).count == 2)
        let scalars = try Fixtures.session("scalars", on: kind)
        #expect(scalars.signature.inputs.count == 2)
    }

    @Test(arguments: EngineKind.allCases)
    func twoHundredReloadsTakeNoMemory(_ kind: EngineKind) throws {
        // What is kept once for the process is there after a few.
        for _ in 0..<40 { try Self.cycle(kind) }
        EngineMemory.trim()
        let before = try Self.resident()
        for _ in 0..<200 { try Self.cycle(kind) }
        EngineMemory.trim()
        let after = try Self.resident()
        print("\(kind.displayName): \(before) kB before 200 reloads of three models, \(after) kB after")
        // 600 sessions that leaked even ten kilobytes each would be six megabytes.
        #expect(after - before < 6 << 10, "\(after - before) kB more")
    }
}
