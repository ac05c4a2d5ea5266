import Release
import Synchronization
import TestSupport
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

    /// Weights that are mapped are not read into the heap first, and are counted although they are not touched yet.
    @Test func whatIsMappedTakesWhatItHas() throws {
        let process = Process()
        let budget = Self.budget(process, 260)
        let load = Self.load("m", 100)
        #expect(throws: ReleaseError.self, "read, it may take 358 MB") { try budget.load("m:1", load) {} }
        let mapping = MemoryBudget.Mapping(bytes: 100 * Self.megabyte, sparedBytes: 100 * Self.megabyte) {
            100 * Self.megabyte
        }
        let (_, bytes) = try budget.load("m:1", load, mapping) { process.grow(by: 10) }
        #expect(bytes == 110 * Self.megabyte && budget.reclaimable(load, mapping) == 110 * Self.megabyte)
        process.grow(by: 100)
        #expect(throws: ReleaseError.self) { try budget.load("m:1", load, mapping) {} }
    }

    /// The load that prepares a graph has the weights twice; what it took says nothing of those that follow.
    @Test func aLoadThatPreparesIsNoMeasureOfThoseThatMap() throws {
        let process = Process()
        let budget = Self.budget(process, 300)
        let load = Self.load("m", 20)
        _ = try budget.load("m:1", load) { process.grow(by: 41) }
        process.grow(by: 124)
        #expect(throws: ReleaseError.self) { try budget.load("m:1", load) {} }
        let mapping = MemoryBudget.Mapping(bytes: 20 * Self.megabyte, sparedBytes: 20 * Self.megabyte)
        _ = try budget.load("m:1", load, mapping) {}
    }

    @Test func whatRequestsLeaveBehindIsAskedForAndLookedAtNowAndThen() {
        let process = Process()
        let budget = Self.budget(process, 200)
        let start: UInt64 = 1_000_000_000
        #expect(budget.admits(60 * Self.megabyte, at: start))
        #expect(!budget.admits(60 * Self.megabyte, at: start + 1), "what was let in counts before it is there")
        #expect(budget.admits(40 * Self.megabyte, at: start + 2))
        // It was not used in the end.
        #expect(budget.admits(100 * Self.megabyte, at: start + 200_000_000))
        process.grow(by: 100)
        #expect(!budget.admits(1, at: start + 400_000_000))
        #expect(!budget.admits(.max, at: start + 400_000_001))
        #expect(Self.budget(process, nil).admits(.max))
    }

    @Test func whatIsMappedAndNotResidentIsFoundByItsName() throws {
        let folder = try TemporaryDirectory()
        let maps = folder.file("smaps")
        try TextFile.write(
            """
            00400000-00500000 r--p 00000000 fe:00 12  /home/blobs/sha256/abc
            Size:               1024 kB
            Rss:                  24 kB
            Pss:                  24 kB
            VmFlags: rd mr mw me
            00600000-00601000 r--p 00001000 fe:00 12  /home/blobs/sha256/abc
            Size:                  4 kB
            Rss:                   4 kB
            00700000-00800000 r--p 00000000 fe:00 13  /home/blobs/sha256/abcd
            Size:               1024 kB
            Rss:                   0 kB
            00900000-00a00000 rw-p 00000000 00:00 0
            Size:               1024 kB
            Rss:                   0 kB
            """, to: maps)
        #expect(ProcessMemory.absentBytes(of: ["abc"], maps: maps) == 1000 * 1024)
        #expect(ProcessMemory.absentBytes(of: ["abc", "abcd"], maps: maps) == 2024 * 1024)
        #expect(ProcessMemory.absentBytes(of: ["x"], maps: maps) == 0)
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
