import Engines
import Glibc
import Home
import ModelGraph
package import Registry
import Synchronization
import Tensors
package import Trust

/// Has engines write down what their optimisation makes of graphs that are loaded for the first time here, keeps it, and
/// loads it in their place.
package final class GraphRecorder: Sendable {
    /// Loading smaller graphs takes less time than it would save, in bytes.
    package static let usualLeast = 16 << 20
    /// Protobuf's limit, with room for what optimisation adds.
    private static let most = 1900 << 20

    /// What became of a graph.
    package enum Outcome: Sendable {
        case kept(bytes: Int)
        case refused(reason: String)
    }

    private struct State {
        var outcomes: [(digest: Digest, outcome: Outcome)] = []
        var mappedFiles: Set<String> = []
    }

    private let registry: ModelRegistry
    private let target: PreparationTarget
    private let least: Int
    private let state = Mutex(State())

    package init(_ registry: ModelRegistry, for target: PreparationTarget, least: Int = usualLeast) {
        self.registry = registry
        self.target = target
        self.least = least
    }

    /// What became of the graphs that were loaded and are large enough.
    package var outcomes: [(digest: Digest, outcome: Outcome)] { state.withLock { $0.outcomes } }
    /// The names of the files that engines map because of that.
    package var mappedFiles: Set<String> { state.withLock { $0.mappedFiles } }

    /// Loads what the engine makes of a graph, once it is kept; `nil` where that is not worth it, or did not succeed.
    ///
    /// - Parameter path: the graph, which has been compared with its digest.
    func load(_ digest: Digest, on engine: any Engine, _ options: SessionOptions, path: String) -> (any Session)? {
        // No garbage is collected meanwhile; while it is, the graph is loaded as it is.
        guard isWorthIt(digest, options), let lock = try? HomeLock.acquire(.blobs, .shared, in: registry.database.home)
        else { return nil }
        defer { lock.release() }
        do {
            let (prepared, session) = try prepare(on: engine, options, path: path)
            try registry.recordPrepared(prepared.json, of: digest, target)
            state.withLock { state in
                state.outcomes.append((digest, .kept(bytes: prepared.blobs.reduce(0) { $0 + $1.size })))
                state.mappedFiles.formUnion(prepared.weights.map(\.digest.hex))
            }
            return session
        } catch {
            // What the home cannot take now it may take the next time; all else would come out the same.
            if error is GraphError || error is EngineError || error is WorkshopError {
                try? registry.recordPrepared(.object([("refused", .string("\(error)"))]), of: digest, target)
            }
            state.withLock { $0.outcomes.append((digest, .refused(reason: "\(error)"))) }
            return nil
        }
    }

    private func isWorthIt(_ digest: Digest, _ options: SessionOptions) -> Bool {
        guard options.device == .cpu, let manifest = try? registry.manifest(digest), let graph = manifest.graph,
            graph.blob.size >= least, graph.blob.size <= Self.most,
            // A graph whose weights are files of their own is mapped as it is.
            !manifest.layers.contains(where: { $0.mediaType == graph.mediaType && $0.path != graph.path })
        else { return false }
        return !registry.hasPreparedGraph(digest, for: target) && hasRoom(for: graph.blob.size)
    }

    /// It is written twice, and something is left for others.
    private func hasRoom(for bytes: Int) -> Bool {
        var status = statvfs()
        guard statvfs(registry.database.home.temporary, &status) == 0 else { return false }
        return Double(status.f_bavail) * Double(status.f_frsize) >= 4 * Double(bytes)
    }

    /// Stores what the engine makes of a graph, and loads it; it has to answer as the graph does, bit for bit.
    private func prepare(
        on engine: any Engine, _ options: SessionOptions, path: String
    ) throws -> (PreparedGraph, any Session) {
        var source = SystemRandomNumberGenerator()
        let file = "\(registry.database.home.temporary)/blob-\(String(source.next(), radix: 16)).onnx"
        defer { unlink(file) }
        let (inputs, expected) = try answer(on: engine, options, path: path, recordingTo: file)
        // The session that recorded holds all weights twice, and is gone.
        EngineMemory.trim()
        let prepared = try PreparedGraphWriter(store: registry.blobs).write(try Model.read(path: file))
        var options = options
        options.optimization = .done
        let session = try engine.load(.file(registry.blobs.path(prepared.graph.digest)), options: options)
        let found = try session.run(inputs)
        guard expected.count == found.count, zip(expected, found).allSatisfy(Self.areIdentical) else {
            throw WorkshopError(.mismatch, "it gives other answers than the graph it was made of")
        }
        return (prepared, session)
    }

    /// Has the engine write down what it makes of a graph, and what it answers.
    private func answer(
        on engine: any Engine, _ options: SessionOptions, path: String, recordingTo file: String
    ) throws -> (inputs: [Tensor], outputs: [Tensor]) {
        var options = options
        options.optimization = .recorded(path: file)
        let session = try engine.load(.file(path), options: options)
        for kind in SampleInputs.Kind.allCases {
            guard let inputs = try? session.samples(SampleInputs(kind: kind), rows: 1),
                let outputs = try? session.run(inputs)
            else { continue }
            return (inputs, try outputs.map(Self.copied))
        }
        throw WorkshopError(.mismatch, "no made-up inputs run, by which it could be compared")
    }

    /// In memory of its own, so that it outlives its session.
    private static func copied(_ tensor: Tensor) throws -> Tensor {
        guard tensor.strings == nil else { return tensor }
        let buffer = TensorBuffer(capacity: tensor.byteCount)
        buffer.mutableBytes.copyMemory(from: tensor.bytes)
        return try Tensor(tensor.elementType, tensor.shape, buffer: buffer)
    }

    private static func areIdentical(_ left: Tensor, _ right: Tensor) -> Bool {
        guard left.elementType == right.elementType, left.shape == right.shape else { return false }
        guard left.strings == nil, let a = left.bytes.baseAddress, let b = right.bytes.baseAddress else {
            return left.strings == right.strings && left.byteCount == right.byteCount
        }
        return left.byteCount == right.byteCount && memcmp(a, b, left.byteCount) == 0
    }
}
