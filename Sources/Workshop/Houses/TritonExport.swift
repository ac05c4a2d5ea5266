import Engines
package import Houses
import Pipelines
package import Registry
import Tensors
import Trust

/// A version as files of a model repository of Triton's.
package struct TritonExport: Sendable {
    /// One file.
    package struct File: Sendable {
        /// Where its bytes are.
        package enum Source: Sendable {
            case bytes([UInt8])
            /// A stored blob's place on this machine.
            case file(String)
        }

        /// Within the repository.
        package var path: String
        package var source: Source
    }

    package private(set) var files: [File] = []
    /// What Triton will not do as it is done here.
    package private(set) var remarks: [String] = []
    private let registry: ModelRegistry

    /// - Parameters:
    ///   - settings: how the version is served.
    ///   - rows: at most, where the settings do not say.
    /// - Throws: `HouseError.Code.unsupported` for what Triton has no words for; `RegistryError` for damaged versions.
    package init(
        _ record: VersionRecord, in registry: ModelRegistry, settings: HouseSettings, rows: Int
    ) throws {
        self.registry = registry
        if let plan = try registry.pipelinePlan(record.digest) {
            try add(plan, record, rows: rows)
        } else {
            try add(
                record.digest, name: record.model.description, number: record.number.value, settings: settings,
                rows: rows, isBatched: nil)
        }
    }

    private mutating func add(
        _ digest: Digest, name: String, number: Int, settings: HouseSettings, rows: Int, isBatched: Bool?
    ) throws {
        let description = try registry.description(digest)
        var wish = TritonWriter.Wish(name: name, signature: description.signature)
        wish.settings = settings
        wish.rows = rows
        if let isBatched { wish.isBatched = wish.isBatched && isBatched }
        if let state = try ModelState(description.signature, labels: description.labels) {
            wish.states = state.pairs.map { pair in
                TritonState(input: state.whole.inputs[pair.input].name, output: state.whole.outputs[pair.output].name)
            }
            for pair in state.pairs where pair.initial != 0 {
                throw HouseError(
                    .unsupported,
                    "state \(state.whole.inputs[pair.input].name.quoted) begins with \(pair.initial), and Triton's with zeros"
                )
            }
        }
        let classes = description.processing?["labels"]?.arrayValue?.compactMap(\.stringValue) ?? []
        wish.hasLabels = !classes.isEmpty && classes.allSatisfy { !$0.contains("\n") }
        for step in description.processing?["pre"]?.arrayValue ?? []
        where step["image"] != nil || step["columns"] != nil {
            remarks.append(
                "\(name): input '\(step["input"]?.stringValue?.shown ?? "")': what is prepared outside of the graph "
                    + "(\(step["image"] != nil ? "pictures" : "columns")) stays here; Triton's clients send the graph's numbers"
            )
        }
        if !wish.isBatched {
            remarks.append("\(name): not every tensor has rows and something in them: Triton will not batch it")
        }
        files.append(File(path: "\(name)/config.pbtxt", source: .bytes(Array(try TritonWriter.text(wish).utf8))))
        if wish.hasLabels {
            let text = classes.joined(separator: "\n") + "\n"
            files.append(File(path: "\(name)/\(TritonWriter.labelFile)", source: .bytes(Array(text.utf8))))
        }
        try addGraph(digest, folder: "\(name)/\(number)")
    }

    private mutating func addGraph(_ digest: Digest, folder: String) throws {
        let manifest = try registry.manifest(digest)
        guard let graph = manifest.graph else { throw RegistryError(.invalid, "the version has no graph") }
        files.append(
            File(
                path: "\(folder)/\(PackageContents.graphPath)",
                source: .file(try registry.blobs.checkedPath(graph.blob))))
        // The graph names its weights by their digests.
        for layer in manifest.layers where layer.mediaType == LayerKind.weight.mediaType && layer.blob != graph.blob {
            files.append(
                File(
                    path: "\(folder)/\(layer.blob.digest.hex)",
                    source: .file(try registry.blobs.checkedPath(layer.blob))))
        }
    }

    // MARK: - Pipelines

    private mutating func add(_ plan: PipelinePlan, _ record: VersionRecord, rows: Int) throws {
        let members = try plan.members.map { member in
            (member, try Reference(member.reference), try registry.memberDigest(member))
        }
        let signatures = try members.map { try registry.description($0.2).signature }
        let isBatched = ([plan.signature] + signatures).allSatisfy(TritonWriter.Wish.canBatch)
        var names: [String: Digest] = [:]
        for (_, reference, digest) in members {
            guard case .number(let number) = reference.selector else {
                throw HouseError(.unsupported, "the step's model \(reference.description.quoted) has no number")
            }
            let key = "\(reference.model):\(number)"
            if names.updateValue(digest, forKey: key) != nil { continue }
            try add(
                digest, name: reference.model.description, number: number.value, settings: HouseSettings(), rows: rows,
                isBatched: isBatched)
        }
        // Of one model in two versions the configuration is one.
        var seen: [String: [UInt8]] = [:]
        files = try files.filter { file in
            guard case .bytes(let bytes) = file.source else { return true }
            guard let other = seen.updateValue(bytes, forKey: file.path) else { return true }
            guard other == bytes else {
                throw HouseError(.unsupported, "two versions of one model have different \(file.path.quoted)")
            }
            return false
        }
        var wish = TritonWriter.Wish(name: record.model.description, signature: plan.signature)
        wish.rows = rows
        wish.isBatched = isBatched
        let ensemble = try EnsembleWriter(plan.spec, signatures: signatures).ensemble()
        files.append(
            File(
                path: "\(record.model)/config.pbtxt",
                source: .bytes(Array(try TritonWriter.text(wish, ensemble: ensemble).utf8))))
        files.append(
            File(
                path: "\(record.model)/1/README",
                source: .bytes(Array("Triton wants a folder for the version of an ensemble.\n".utf8))))
    }
}

/// A pipeline's steps in an ensemble's words.
private struct EnsembleWriter {
    private let spec: PipelineSpec
    private let signatures: [PipelineSpec.Member: Signature]
    /// What a value is called, where it is an output of the ensemble.
    private var tensors: [String: String] = [:]

    init(_ spec: PipelineSpec, signatures: [Signature]) throws {
        self.spec = spec
        self.signatures = Dictionary(zip(spec.members, signatures)) { first, _ in first }
        for output in spec.outputs {
            let value = try value(output.source)
            guard !spec.inputs.contains(value), tensors.updateValue(output.name, forKey: value) == nil else {
                throw HouseError(
                    .unsupported,
                    "the output \(output.name.quoted) is an input or another output too, which no ensemble has")
            }
        }
    }

    func ensemble() throws -> TritonEnsemble {
        var ensemble = TritonEnsemble()
        for step in spec.steps {
            guard case .model(let member, let inputs) = step.action, step.condition == nil else {
                throw HouseError(
                    .unsupported,
                    "the step \(step.name.quoted) has a condition or combines values, which no ensemble does",
                    help: "export its models one by one")
            }
            var written = TritonEnsemble.Step()
            let reference = try Reference(member.reference)
            written.model = reference.model.description
            if case .number(let number) = reference.selector { written.version = number.value }
            written.inputs = try inputs.map { .init(name: $0.name, tensor: tensor(try value($0.source))) }
            written.outputs = (signatures[member]?.outputs ?? []).filter { isTaken("\(step.name).\($0.name)") }
                .map { .init(name: $0.name, tensor: tensor("\(step.name).\($0.name)")) }
            ensemble.steps.append(written)
        }
        return ensemble
    }

    private func tensor(_ value: String) -> String { tensors[value] ?? value }

    private func isTaken(_ value: String) -> Bool {
        tensors[value] != nil
            || spec.steps.contains { step in
                guard case .model(_, let inputs) = step.action else { return false }
                return inputs.contains { (try? self.value($0.source)) == value }
            }
    }

    /// A source with its output named.
    private func value(_ source: PipelineSpec.Source) throws -> String {
        if spec.inputs.contains(source.owner), source.output == nil { return source.owner }
        if let output = source.output { return "\(source.owner).\(output)" }
        guard let step = spec.steps.first(where: { $0.name == source.owner }), case .model(let member, _) = step.action,
            let output = signatures[member]?.outputs.first?.name
        else {
            throw HouseError(
                .unsupported, "the step \(source.owner.quoted) combines values, which no ensemble does",
                help: "export its models one by one")
        }
        return "\(source.owner).\(output)"
    }
}
