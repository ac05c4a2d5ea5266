import Engines
import Home
import Registry
import Tensors
import Trust
import Workshop

/// How versions are written.
enum VersionText {
    /// `sha256:` and twelve digits.
    static func short(_ digest: Digest) -> String { String(digest.description.prefix(7 + 12)) }

    /// `  input    pixels  FP32 [N, 64]`, a line each.
    static func signature(_ signature: Signature) -> [String] {
        let width = (signature.inputs + signature.outputs).map(\.name.count).max() ?? 0
        func line(_ role: String, _ spec: TensorSpec) -> String {
            let name = spec.name + String(repeating: " ", count: width - spec.name.count)
            return "  \(role)  \(name)  \(spec.elementType.displayName) \(spec.shapeDescription)"
        }
        return signature.inputs.map { line("input ", $0) } + signature.outputs.map { line("output", $0) }
    }

    static func engine(_ trial: EngineTrial) -> String {
        let name = "\(trial.engine.displayName)\(trial.version.map { " \($0)" } ?? "")"
        if let problem = trial.problem { return "\(name): does not run it (\(problem))" }
        let load = trial.loadMilliseconds.map { "loads in \(Quantity.seconds($0 / 1000))" } ?? "runs it"
        guard let agreement = trial.agreement else { return "\(name) \(load)" }
        let verdict = agreement.isAcceptable ? "agrees" : "DISAGREES"
        return "\(name) \(load), \(verdict) (largest difference \(short(agreement.largestDifference)))"
    }

    /// Two significant digits.
    private static func short(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "\(value)" }
        var scale = 1.0
        while value.magnitude * scale < 10, scale < 1e300 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }

    static func json(_ record: VersionRecord, signature: Signature? = nil) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("reference", .string(record.reference.description)), ("model", .string(record.model.description)),
            ("version", .integer(record.number.value)), ("digest", .string(record.digest.description)),
            ("createdAt", .string(record.createdAt.description)), ("source", .string(record.source)),
            ("note", .string(record.note)), ("bytes", .integer(record.size)),
            (
                "labels",
                .object(record.labels.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })
            ),
        ]
        if let signature { members.append(("signature", signature.json)) }
        return .object(members)
    }
}

extension EvaluatedVersion {
    /// `accuracy 98.44 % (443 of 450) on held-out.npz`.
    var line: String {
        switch measures {
        case .classification(let m):
            "accuracy \(Quantity.percent(m.accuracy)) (\(m.correct) of \(m.rows)) on \(set)"
        case .regression(let m):
            "mean absolute error \(m.meanAbsoluteError), r² \(m.determination.map { "\($0)" } ?? "–") on \(set)"
        }
    }
}

extension ModelRegistry {
    /// The newest accuracy that was measured for a version, as text.
    func headline(of digest: Digest) throws -> String? {
        guard let payload = try referrers(of: digest, kind: .evaluation, limit: 1).first?.payload else { return nil }
        if let accuracy = payload["accuracy"]?.doubleValue { return Quantity.percent(accuracy) }
        return payload["determination"]?.doubleValue.map { "r² \(Quantity.fixed($0, 4))" }
    }
}
