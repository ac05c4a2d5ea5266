import Home
import Registry
import Tensors
import Trust

/// The way to a version: the file or the model that it began with, each optimisation, the version itself.
struct Lineage {
    private let registry: ModelRegistry
    /// Steps that are followed: what is recorded is a stranger's when it came in an archive.
    private static let most = 12

    init(_ registry: ModelRegistry) { self.registry = registry }

    /// The first step first; the last one is the version.
    func ancestors(of record: VersionRecord) -> [Views.Ancestor] {
        var steps = [
            Views.Ancestor(
                title: record.reference.description, path: nil, text: "imported \(record.createdAt)", isHere: true)
        ]
        var current = record
        while steps.count < Self.most, let made = optimisation(of: current) {
            steps[0].text = Self.words(made)
            let from = made["from"]?.stringValue ?? "?"
            // By digest: what has this number now may be another's.
            guard let reference = try? Reference(from), let parent = try? registry.resolve(reference),
                parent.digest.description == made["digest"]?.stringValue
            else {
                steps.insert(Views.Ancestor(title: from, path: nil, text: "not in this home", isHere: false), at: 0)
                return steps
            }
            steps.insert(
                Views.Ancestor(
                    title: parent.reference.description, path: "/models/\(parent.model)/\(parent.number)",
                    text: "imported \(parent.createdAt)", isHere: false), at: 0)
            current = parent
        }
        let rebuilt = first(.lineage, "source", of: current).flatMap(Self.source)
        steps.insert(
            Views.Ancestor(
                title: current.source.isEmpty ? "a file" : current.source, path: nil, text: rebuilt ?? "the source",
                isHere: false), at: 0)
        return steps
    }

    /// What an optimisation left with the version that it made.
    func optimisation(of record: VersionRecord) -> JSONValue? { first(.lineage, "optimize", of: record) }

    private func first(_ kind: ReferrerKind, _ name: String, of record: VersionRecord) -> JSONValue? {
        (try? registry.referrers(of: record.digest, kind: kind, name: name, limit: 1))?.first?.payload
    }

    /// `optimised by int8, 191.7 KB → 25.1 KB`.
    static func words(_ made: JSONValue) -> String {
        let steps = (made["search"]?["chosen"] ?? made["recipe"])?.stringValue
        let passes = (made["passes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        var text = "optimised by \(steps ?? (passes.isEmpty ? "passes" : passes.joined(separator: ", ")))"
        if let before = made["before"]?["bytes"]?.intValue, let after = made["after"]?["bytes"]?.intValue {
            text += ", \(ViewBuilder.bytes(before)) → \(ViewBuilder.bytes(after))"
        }
        return text
    }

    /// `rebuilt from Pipeline of scikit-learn 1.7`.
    private static func source(_ payload: JSONValue) -> String? {
        guard let library = payload["library"]?.stringValue else { return nil }
        let name = payload["class"]?.stringValue?.split(separator: ".").last.map { "\($0.prefix(80)) of " } ?? ""
        return
            "rebuilt from \(name)\(library.prefix(80))\(payload["version"]?.stringValue.map { " \($0.prefix(40))" } ?? "")"
    }
}
