import Engines
import Glibc
import Home
import ModelGraph
package import Registry
import Synchronization
import Tensors
package import Trust

/// Has engines write down what their optimisation makes of graphs, while these are loaded for the first time here.
package final class GraphRecorder: Sendable {
    /// Loading smaller graphs takes less time than it would save, in bytes.
    package static let usualLeast = 16 << 20
    /// Protobuf's limit, with room for what optimisation adds.
    private static let most = 1900 << 20

    private let registry: ModelRegistry
    let target: PreparationTarget
    private let least: Int
    private let made = Mutex<[GraphRecording]>([])

    package init(_ registry: ModelRegistry, for target: PreparationTarget, least: Int = usualLeast) {
        self.registry = registry
        self.target = target
        self.least = least
    }

    /// The recordings of graphs that were loaded, to be kept when there is time.
    package var recordings: [GraphRecording] { made.withLock { $0 } }

    /// Loads a graph with a recording where that is worth it; `nil` where it is not, or did not succeed.
    func load(_ digest: Digest, on engine: any Engine, _ options: SessionOptions, path: String) -> (any Session)? {
        guard options.device == .cpu, let manifest = try? registry.manifest(digest), let graph = manifest.graph,
            graph.blob.size >= least, graph.blob.size <= Self.most,
            // A graph whose weights are files of their own is mapped as it is.
            !manifest.layers.contains(where: { $0.mediaType == graph.mediaType && $0.path != graph.path }),
            !registry.hasPreparedGraph(digest, for: target), hasRoom(for: graph.blob.size),
            let recording = GraphRecording(registry, digest, target)
        else { return nil }
        var recorded = options
        recorded.optimization = .recorded(path: recording.path)
        guard let session = try? engine.load(.file(path), options: recorded) else { return nil }
        recording.loaded(session, on: engine, options)
        made.withLock { $0.append(recording) }
        return session
    }

    /// It is written twice, and something is left for others.
    private func hasRoom(for bytes: Int) -> Bool {
        var status = statvfs()
        guard statvfs(registry.database.home.temporary, &status) == 0 else { return false }
        return Double(status.f_bavail) * Double(status.f_frsize) >= 4 * Double(bytes)
    }
}

/// What an engine's optimisation made of a graph, in a file; gone with this value unless it is kept.
///
/// No garbage is collected meanwhile.
package final class GraphRecording: Sendable {
    /// What became of it.
    package enum Outcome: Sendable {
        case kept(bytes: Int)
        case refused(reason: String)
    }

    private struct Loaded: Sendable {
        var session: any Session
        var engine: any Engine
        var options: SessionOptions
    }

    package let digest: Digest
    let path: String
    private let registry: ModelRegistry
    private let target: PreparationTarget
    private let lock: HomeLock
    private let loaded = Mutex<Loaded?>(nil)

    /// - Returns: `nil` while garbage is collected, or where the home cannot be written to.
    fileprivate init?(_ registry: ModelRegistry, _ digest: Digest, _ target: PreparationTarget) {
        let home = registry.database.home
        guard let lock = try? HomeLock.acquire(.blobs, .shared, in: home) else { return nil }
        self.lock = lock
        self.registry = registry
        self.digest = digest
        self.target = target
        var source = SystemRandomNumberGenerator()
        path = "\(home.temporary)/blob-\(String(source.next(), radix: 16)).onnx"
    }

    deinit { unlink(path) }

    fileprivate func loaded(_ session: any Session, on engine: any Engine, _ options: SessionOptions) {
        loaded.withLock { $0 = Loaded(session: session, engine: engine, options: options) }
    }

    /// Stores it, once it has given the same answers as what was loaded, bit for bit. Blocks for as long as writing and
    /// a few runs take.
    ///
    /// - Throws: `RegistryError` when the home cannot take it; nothing is recorded then, and the next load tries again.
    package func keep() throws -> Outcome {
        guard let loaded = loaded.withLock({ $0.take() }) else { return .refused(reason: "it was not loaded") }
        defer { lock.release() }
        do {
            let prepared = try PreparedGraphWriter(store: registry.blobs).write(try Model.read(path: path))
            try compare(prepared, loaded)
            try registry.recordPrepared(prepared.json, of: digest, target)
            return .kept(bytes: prepared.blobs.reduce(0) { $0 + $1.size })
        } catch let error where error is GraphError || error is EngineError || error is WorkshopError {
            // The same would come of it the next time.
            try registry.recordPrepared(.object([("refused", .string("\(error)"))]), of: digest, target)
            return .refused(reason: "\(error)")
        }
    }

    private func compare(_ prepared: PreparedGraph, _ loaded: Loaded) throws {
        var options = loaded.options
        options.optimization = .done
        let session = try loaded.engine.load(.file(registry.blobs.path(prepared.graph.digest)), options: options)
        for kind in SampleInputs.Kind.allCases {
            guard let inputs = try? loaded.session.samples(SampleInputs(kind: kind), rows: 1),
                let expected = try? loaded.session.run(inputs)
            else { continue }
            let found = try session.run(inputs)
            guard expected.count == found.count, zip(expected, found).allSatisfy(Self.areIdentical) else {
                throw WorkshopError(.mismatch, "it gives other answers than the graph it was made of")
            }
            return
        }
        throw WorkshopError(.mismatch, "no made-up inputs run, by which it could be compared")
    }

    private static func areIdentical(_ left: Tensor, _ right: Tensor) -> Bool {
        guard left.elementType == right.elementType, left.shape == right.shape else { return false }
        guard left.strings == nil, let a = left.bytes.baseAddress, let b = right.bytes.baseAddress else {
            return left.strings == right.strings && left.byteCount == right.byteCount
        }
        return left.byteCount == right.byteCount && memcmp(a, b, left.byteCount) == 0
    }
}
