package import Engines
import Home
import Registry
import Tensors
import Trust

/// A version's graph as an engine's optimisation left it on this machine, kept as blobs: the graph, and its weights in
/// files of their own, which the engine maps instead of copying.
///
/// Loading it takes a fraction of what loading the original does, in time and in memory at the peak: nothing is optimised,
/// and nothing is copied. What stands here is in the home's database, beside the version's own digest.
package struct PreparedGraph: Hashable, Sendable {
    let graph: Blob
    let weights: [Blob]

    /// Bytes that the engine maps.
    package var weightBytes: Int { weights.reduce(0) { $0 + $1.size } }
    var blobs: [Blob] { [graph] + weights }

    init(graph: Blob, weights: [Blob]) {
        self.graph = graph
        self.weights = weights
    }

    /// As it is recorded.
    var json: JSONValue {
        .object([("graph", Self.json(graph)), ("weights", .array(weights.map(Self.json)))])
    }

    /// - Returns: `nil` for anything else, such as the reason why there is none.
    init?(json: JSONValue) {
        guard let graph = json["graph"].flatMap(Self.blob), let listed = json["weights"]?.arrayValue else { return nil }
        let weights = listed.compactMap(Self.blob)
        guard weights.count == listed.count else { return nil }
        self.init(graph: graph, weights: weights)
    }

    private static func json(_ blob: Blob) -> JSONValue {
        .object([("digest", .string(blob.digest.description)), ("size", .integer(blob.size))])
    }

    private static func blob(_ json: JSONValue) -> Blob? {
        guard let digest = json["digest"]?.stringValue.flatMap({ try? Digest($0) }),
            let size = json["size"]?.intValue, size >= 0
        else { return nil }
        return Blob(digest: digest, size: size)
    }
}

/// For which engine on which machine a prepared graph is good: others may compute differently, or lack the instructions
/// that its layout is made for.
package struct PreparationTarget: Hashable, Sendable {
    let engine: EngineKind
    /// What its referrers are called.
    let name: String

    /// - Returns: `nil` for an engine that does not write down what it makes of a graph.
    package init?(_ engine: any Engine, machine: Machine = .present) {
        guard engine.recordsOptimization else { return nil }
        self.engine = engine.kind
        let extensions = machine.extensions.joined(separator: " ")
        name = "\(engine.kind.rawValue) \(engine.version), \(machine.processor), \(extensions)"
    }

    /// Whether a referrer of this name is the same engine's, for whatever version of it and wherever.
    func shares(_ name: String) -> Bool { name.hasPrefix(engine.rawValue + " ") }
}
