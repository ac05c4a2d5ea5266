import Foundation
import Home
import Testing

@Suite struct HomeLockTests {
    @Test func aSecondServerIsRefusedWithTheFirstOnesProcess() throws {
        let home = try TemporaryHome()
        let lock = try HomeLock.acquire(.server, in: home.directory)
        let error = try #require(throws: HomeError.self) { try HomeLock.acquire(.server, in: home.directory) }
        #expect(error.code == .locked)
        #expect(error.ownerPID == getpid())
        #expect(error.message.contains("process \(getpid())"))
        #expect(HomeLock.owner(of: .server, in: home.directory) == getpid())
        lock.release()
        #expect(HomeLock.owner(of: .server, in: home.directory) == nil)
        _ = try HomeLock.acquire(.server, in: home.directory)
    }

    @Test func aLockEndsWithItsLastReference() throws {
        let home = try TemporaryHome()
        do { _ = try HomeLock.acquire(.server, in: home.directory) }
        _ = try HomeLock.acquire(.server, in: home.directory)
    }

    @Test func writersOfBlobsShareAndCollectorsDoNot() throws {
        let home = try TemporaryHome()
        let first = try HomeLock.acquire(.blobs, .shared, in: home.directory)
        let second = try HomeLock.acquire(.blobs, .shared, in: home.directory)
        #expect(throws: HomeError.self) { try HomeLock.acquire(.blobs, .exclusive, in: home.directory) }
        first.release()
        #expect(throws: HomeError.self) { try HomeLock.acquire(.blobs, .exclusive, in: home.directory) }
        second.release()
        let exclusive = try HomeLock.acquire(.blobs, .exclusive, in: home.directory)
        #expect(throws: HomeError.self) { try HomeLock.acquire(.blobs, .shared, in: home.directory) }
        exclusive.release()
    }

    @Test func locksOfDifferentPurposesAreIndependent() throws {
        let home = try TemporaryHome()
        let locks = try HomeLock.Purpose.allCases.map { try HomeLock.acquire($0, in: home.directory) }
        #expect(locks.count == 3)
    }

    @Test func whoWaitsGetsTheLockWhenItIsFree() async throws {
        let home = try TemporaryHome()
        let directory = home.directory
        let held = try HomeLock.acquire(.blobs, in: directory)
        let waiter = Task.detached { try HomeLock.acquire(.blobs, in: directory, wait: true) }
        held.release()
        let lock = try await waiter.value
        #expect(HomeLock.owner(of: .blobs, in: directory) == getpid())
        lock.release()
    }

    @Test func askingForTheOwnerNeverStandsInItsWay() async throws {
        let home = try TemporaryHome()
        let directory = home.directory
        try HomeLock.acquire(.server, in: directory).release()
        let asking = Task.detached {
            var answers: Set<Int32?> = []
            while !Task.isCancelled { answers.insert(HomeLock.owner(of: .server, in: directory)) }
            return answers
        }
        for _ in 0..<500 { try HomeLock.acquire(.server, in: directory).release() }
        asking.cancel()
        #expect(await asking.value.isSubset(of: [nil, getpid()]))
    }
}
