import Engines
import Tensors

/// Where the requests of an arm go as well, once they are answered.
final class ArmMirroring: Sendable {
    let ways: [MirrorWay]

    /// - Returns: `nil` where there is nowhere to go.
    init?(_ ways: [MirrorWay]) {
        guard !ways.isEmpty else { return nil }
        self.ways = ways
    }

    /// Takes an answered request for each mirror whose turn it is; its reply must have left, or `send` sends it.
    ///
    /// - Parameter id: the request's, by which labels come.
    func offer(_ job: InferenceJob, id: String, to thread: MirrorThread, at now: UInt64, send: () -> Void) {
        guard job.isDivided else { return }
        for way in ways where way.mirror.wants(at: now) {
            send()
            thread.offer(job, id: id, way, at: now)
        }
    }
}

/// From a version that answers requests to another one that is asked the same.
struct MirrorWay: Sendable {
    let mirror: Mirror
    let target: LiveArm
    /// Whether the version that answers is the one that is trusted.
    let isBase: Bool
    /// For each input of the target: its position among those of the source.
    let inputs: [Int]
    /// For each output of the source: its position among those of the target.
    let outputs: [Int?]

    /// - Returns: `nil` where the target cannot be asked the same; `MirroredVersions.obstacle` says why.
    init?(_ versions: MirroredVersions, from source: Servable, target: LiveArm) {
        guard MirroredVersions.obstacle(from: source, to: target.servable) == nil else { return nil }
        mirror = versions.mirror
        isBase = source === versions.base
        self.target = target
        inputs = target.signature.inputs.compactMap { wanted in
            source.signature.inputs.firstIndex { $0.name == wanted.name }
        }
        outputs = source.signature.outputs.map { output in
            target.signature.outputs.firstIndex { $0.name == output.name }
        }
    }
}

/// Two versions of an endpoint whose answers are compared.
package struct MirroredVersions: Sendable {
    package let mirror: Mirror
    /// The version that is trusted.
    package let base: Servable
    /// The one that is looked at; it may answer requests too.
    package let candidate: Servable

    package init(_ mirror: Mirror, base: Servable, candidate: Servable) {
        self.mirror = mirror
        self.base = base
        self.candidate = candidate
    }

    /// Why the candidate cannot be asked what the base is asked; `nil` where it can.
    package var obstacle: String? { Self.obstacle(from: base, to: candidate) }

    static func obstacle(from source: Servable, to target: Servable) -> String? {
        for servable in [source, target] {
            let name = "\(servable.model):\(servable.version)"
            if servable.sequences != nil {
                return "\(name) keeps state from request to request: asking it twice would change its answers"
            }
            if servable.pipeline != nil { return "\(name) is a pipeline, which is not asked in copies" }
        }
        for input in target.signature.inputs {
            guard let known = source.signature.inputs.first(where: { $0.name == input.name }) else {
                return "\(target.model):\(target.version) has an input '\(input.name)' that requests do not have"
            }
            guard known.elementType == input.elementType else {
                return "input '\(input.name)' is \(known.elementType.displayName) for one and "
                    + "\(input.elementType.displayName) for the other"
            }
        }
        return nil
    }
}
