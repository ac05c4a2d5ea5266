import Foundation
import Home
import Registry
import Tensors

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

extension TemporaryHome {
    /// A registry over a connection of its own.
    func registry() throws -> ModelRegistry { ModelRegistry(try HomeDatabase.open(directory)) }

    /// The names in the blob directory.
    func blobNames() throws -> [String] { try names(in: directory.blobs) }

    /// The names of files being written.
    func temporaryNames() throws -> [String] { try names(in: directory.temporary) }
}

extension Signature {
    /// A signature for tests: `pixels` FP32 [N, 64] to `label` INT64 [N].
    static let sample = Signature(
        inputs: [TensorSpec(name: "pixels", elementType: .float32, dimensions: [.symbol("N"), .fixed(64)])],
        outputs: [TensorSpec(name: "label", elementType: .int64, dimensions: [.symbol("N")])])
}

extension PackageContents {
    /// A package whose graph is these bytes.
    static func sample(_ graph: String, labels: [String: String] = [:]) -> PackageContents {
        PackageContents(graph: .bytes(Array(graph.utf8)), signature: .sample, labels: labels)
    }
}
