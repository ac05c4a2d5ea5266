import Release
import Synchronization
import Testing

@testable import Control

@Suite struct MemoryBudgetTests {
    private static let megabyte = 1_000_000

    private static func load(_ name: String, _ megabytes: Int) -> MemoryBudget.Load {
        MemoryBudget.Load(digest: name, engine: .auto, modelBytes: megabytes * megabyte)
    }

    /// A budget, and the memory that it believes the process has.
    private final class Process: Sendable {
        let resident = Mutex(100 * megabyte)
        func grow(by megabytes: Int) { resident.withLock { $0 += megabytes * megabyte } }
    }

    private static func budget(_ process: Process, _ megabytes: Int?) -> MemoryBudget {
        MemoryBudget(limit: megabytes.map { $0 * megabyte }) { process.resident.withLock { $0 } }
    }

    @Test func whatWouldNotFitIsRefusedWithNumbersBeforeItIsRead() throws {
        let process = Process()
        let budget = Self.budget(process, 500)
        let error = #expect(throws: ReleaseError.self) {
            try budget.load("large:1", Self.load("large", 200)) { Issue.record("it was read") }
        }
        #expect(error?.message == "large:1 needs about 708 MB; the server has 100 MB and may have 500 MB")
        #expect(error?.help?.contains("--memory") == true)
        let (_, bytes) = try budget.load("small:1", Self.load("small", 100)) { process.grow(by: 160) }
        #expect(bytes == 160 * Self.megabyte)
    }

    @Test func whatWasMeasuredOnceIsKnown() throws {
        let process = Process()
        let budget = Self.budget(process, 400)
        let load = Self.load("m", 80)
        _ = try budget.load("m:1", load) { process.grow(by: 90) }
        process.grow(by: 100)
        // 290 of 400 are taken: the estimate of 288 would not fit, the 90 that were measured do.
        _ = try budget.load("m:1", load) {}
        #expect(throws: ReleaseError.self) { try budget.load("n:1", Self.load("n", 80)) {} }
    }

    @Test func loadsUnderWayAreCountedAndNotMeasuredTogether() throws {
        let process = Process()
        let budget = Self.budget(process, 500)
        let (inner, outer) = try budget.load("a:1", Self.load("a", 60)) {
            #expect(throws: ReleaseError.self) { try budget.load("b:1", Self.load("b", 60)) {} }
            return try budget.load("c:1", Self.load("c", 10)) { process.grow(by: 20) }
        }
        #expect(inner.bytes == nil && outer == nil)
        // Everything that was reserved is free again.
        _ = try budget.load("b:1", Self.load("b", 80)) {}
    }

    @Test func aLoadThatFailsGivesItsRoomBack() throws {
        struct Broken: Error {}
        let process = Process()
        let budget = Self.budget(process, 500)
        for _ in 0..<5 {
            #expect(throws: Broken.self) { try budget.load("a:1", Self.load("a", 100)) { throw Broken() } }
        }
    }

    @Test func withoutALimitEverythingIsTried() throws {
        let budget = Self.budget(Process(), nil)
        _ = try budget.load("huge:1", MemoryBudget.Load(digest: "h", engine: .auto, modelBytes: .max)) {}
    }

    @Test func theLimitIsNineTenthsOfTheLeast() throws {
        #expect((ProcessMemory.usualLimit() ?? 0) > 100_000_000)
        #expect(ProcessMemory.usualLimit(proc: "/nowhere", groups: "/nowhere") == nil)
        #expect(ProcessMemory.residentBytes() > 1_000_000)
    }
}
