import Foundation
import Home

/// A home of its own for one test, removed with the last reference.
final class TemporaryHome {
    let directory: HomeDirectory
    private let root: URL

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        directory = try HomeDirectory(path: root.path + "/home")
        try directory.create()
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    /// The names in a directory of the home.
    func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
}

/// Small, fast and the same in every run: splitmix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
