import Drift
import Home
import Tensors
import TestSupport
import Testing
import Workshop

@testable import Control
@testable import Serve

@Suite struct WatchedVersionTests {
    private static let layout = FeatureLayout(numbers: 2, named: "x")
    private static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(2)])], outputs: [])

    @Test func windowsCloseByTimeAndRows() throws {
        var version = try Self.version()
        try Self.fill(&version, rows: 400, shift: 0)
        #expect(version.tick(now: 5000) == nil, "time is over, but rows are few")
        try Self.fill(&version, rows: 200, shift: 0)
        #expect(version.tick(now: 900) == nil, "rows are there, but it is early")
        let window = version.tick(now: 6000)
        let closed = try #require(window)
        #expect(closed.profile.rows == 600 && closed.from == 0 && closed.to == 6000)
        #expect(version.state == "stable")
        #expect(version.open.profile.rows == 0 && version.open.from == 6000)
        #expect(version.rows == 600)
    }

    @Test func aClockThatIsSetBackKeepsNoWindowOpen() throws {
        var version = try Self.version()
        try Self.fill(&version, rows: 600, shift: 0)
        #expect(version.tick(now: 3_600_000) != nil)
        try Self.fill(&version, rows: 600, shift: 0)
        #expect(version.tick(now: 1000) == nil, "its time begins anew")
        #expect(version.tick(now: 1000 + version.duration) != nil)
    }

    @Test func driftIsSaidTheSecondTimeAndTakenBack() throws {
        var version = try Self.version()
        var states: [String] = []
        for (window, shift) in [0, 3, 3, 3, 0].enumerated() {
            try Self.fill(&version, rows: 600, shift: Float(shift))
            #expect(version.tick(now: (window + 1) * 2000) != nil)
            states.append(version.state)
        }
        #expect(states == ["stable", "suspected", "drift", "drift", "stable"])
    }

    @Test func keptWindowsGoOnAndOthersAreLeftOut() throws {
        var version = try Self.version()
        for window in 1...12 {
            try Self.fill(&version, rows: 500, shift: 3)
            _ = version.tick(now: window * 1000)
        }
        #expect(version.closed.count == WatchedVersion.mostClosed)
        try Self.fill(&version, rows: 100, shift: 3)
        let again = WatchedVersion(
            version.reference, duration: 1000, windows: version.closed, open: version.open, now: 99_000)
        #expect(again.state == "drift")
        #expect(again.open.profile.rows == 100 && again.open.from == 12_000)
        let other = ReferenceProfile(Profile(layout: FeatureLayout(numbers: 3, named: "y")), set: "rows")
        let fresh = WatchedVersion(other, duration: 1000, windows: version.closed, open: version.open, now: 99_000)
        #expect(fresh.closed.isEmpty && fresh.open.profile.rows == 0)
    }

    @Test func requestsOfManyRowsAreCut() throws {
        var version = try Self.version()
        try Self.fill(&version, rows: 5000, shift: 0, each: 5000)
        #expect(version.open.profile.rows == UInt64(WatchedVersion.mostRows))
    }

    @Test(arguments: [
        (1, 100, 100, 100, 1.0, 1), (1, 20_000, 20_000, 20_000, 1.0, 20), (20, 20_000, 1000, 1000, 1.0, 20),
        (20, 0, 0, 0, 1.0, 20), (20, 10, 0, 0, 1.0, 10), (1, 1000, 1000, 64_000, 1.0, 64), (4, 5, 1, 1, 0, 4),
    ]) func samplingFollowsTheLoad(
        _ stride: Int, _ seen: Int, _ taken: Int, _ rows: Int, _ seconds: Double, _ wanted: Int
    ) {
        #expect(Sampling.stride(after: stride, seen: seen, taken: taken, rows: rows, seconds: seconds) == wanted)
    }

    private static func version() throws -> WatchedVersion {
        var profile = Profile(layout: layout)
        profile.add([try tensor(rows: 1000, shift: 0)])
        return WatchedVersion(ReferenceProfile(profile, set: "rows.npz"), duration: 1000, now: 0)
    }

    private static func fill(_ version: inout WatchedVersion, rows: Int, shift: Float, each: Int = 100) throws {
        for _ in 0..<rows / each {
            version.add(
                WatchedInference(inputs: [try tensor(rows: each, shift: shift)], rows: each, slots: []), of: signature)
        }
    }

    /// Numbers of 0 to 10 in a fixed order; the first column is shifted.
    private static func tensor(rows: Int, shift: Float) throws -> Tensor {
        let values = (0..<rows * 2).map { place -> Float in
            let base = Float(place * 37 % 101) / 10
            return place % 2 == 0 ? base + shift : base
        }
        return try Tensor(.float32, Shape([rows, 2]), values: values)
    }
}

@Suite struct WindowStoreTests {
    @Test func windowsComeBackAndTheOldestGo() throws {
        let directory = try TemporaryDirectory()
        let store = WindowStore(try HomeDirectory(path: directory.path))
        #expect(store.read(endpoint: "digits", digest: "sha256:ab").closed.isEmpty)
        let profile = Profile(layout: FeatureLayout(numbers: 2, named: "x"))
        for start in 0..<10 {
            try store.keep(
                open: .init(from: start, to: start, profile: profile), endpoint: "digits", digest: "sha256:ab")
            let window = WatchedVersion.Window(from: 1000 + start, to: 1001 + start, profile: profile)
            try store.keep(closed: window, endpoint: "digits", digest: "sha256:ab")
        }
        try store.keep(open: .init(from: 77, to: 80, profile: profile), endpoint: "digits", digest: "sha256:ab")
        let kept = store.read(endpoint: "digits", digest: "sha256:ab")
        #expect(kept.closed.map(\.from) == Array(1002...1009))
        #expect(kept.open?.from == 77 && kept.open?.profile == profile)
        #expect(store.read(endpoint: "other", digest: "sha256:ab").open == nil)
    }

    @Test func damagedFilesAreLeftOut() throws {
        let directory = try TemporaryDirectory()
        let store = WindowStore(try HomeDirectory(path: directory.path))
        let profile = Profile(layout: FeatureLayout(numbers: 2, named: "x"))
        try store.keep(open: .init(from: 5, to: 5, profile: profile), endpoint: "e", digest: "sha256:ab")
        for name in ["1-2", "open-9-9", "x-y", "no name", "open-6"] {
            try TextFile.write("damaged", to: "\(store.root)/e/ab/\(name)")
        }
        let kept = store.read(endpoint: "e", digest: "sha256:ab")
        #expect(kept.closed.isEmpty && kept.open?.from == 5)
    }
}
