import Engines
import Glibc
import Home
package import Pipelines
package import Registry
package import Tensors
import Trust

/// Brings a pipeline into the registry: its models are looked up and named by digest, its edges checked, and the version
/// holds everything its models are made of.
package struct PipelineImporter: Sendable {
    /// What is to be imported, and as what.
    package struct Request: Sendable {
        /// The JSON file.
        package var path: String
        package var model: ModelName
        /// Words of the person's own, part of the version's identity.
        package var labels: [String: String] = [:]
        /// For people; no part of its identity.
        package var note = ""
        /// How it came about, for the record.
        package var provenance: JSONValue?

        package init(path: String, model: ModelName) {
            self.path = path
            self.model = model
        }
    }

    private let registry: ModelRegistry

    package init(registry: ModelRegistry) { self.registry = registry }

    /// Whether a file is a pipeline rather than a model: its first character is an object's.
    package static func isPipeline(_ path: String) -> Bool {
        guard let bytes = try? read(path, limit: 64) else { return false }
        return bytes.withUnsafeBytes { PipelineSpec.looksLikePipeline($0) }
    }

    /// Imports a pipeline. Repeatable: the same file with the same models gives the version that is there.
    ///
    /// - Throws: `WorkshopError.Code.rejected`, naming the edge that is wrong; `RegistryError` for models that are not
    ///   there.
    ///
    /// - Parameter text: the pipeline, where it lies in no file.
    package func run(
        _ request: Request, text: [UInt8]? = nil
    ) throws -> (addition: ModelRegistry.Addition, plan: PipelinePlan) {
        // Held from the look at the models on: garbage collection does not take away what is about to be needed.
        let lock = try HomeLock.acquire(.blobs, .shared, in: registry.database.home, wait: true)
        defer { lock.release() }
        let plan = try plan(request.path, text: text)
        var members: [(digest: Blob, manifest: PackageManifest)] = []
        for member in plan.members {
            let digest = try registry.memberDigest(member)
            let manifest = try registry.manifest(digest)
            members.append((Blob(digest: digest, size: registry.blobs.size(digest) ?? 0), manifest))
        }
        let contents = PackageContents(
            pipeline: plan.spec.json.encoded(sortedKeys: false), members: members, signature: plan.signature,
            labels: request.labels)
        let addition = try registry.addVersion(
            of: request.model, package: contents, note: request.note, provenance: request.provenance,
            source: Self.lastComponent(request.path))
        return (addition, plan)
    }

    /// Checks a pipeline's file against the models of the registry, and stores nothing.
    package func plan(_ path: String) throws -> PipelinePlan { try plan(path, text: nil) }

    private func plan(_ path: String, text: [UInt8]?) throws -> PipelinePlan {
        do throws(PipelineError) {
            let bytes = if let text { text } else { try Self.text(path) }
            let spec = try PipelineSpec(parsing: bytes)
            return try plan(spec)
        } catch {
            throw WorkshopError(.rejected, error.description, help: error.help).about(path)
        }
    }

    private func plan(_ spec: PipelineSpec) throws(PipelineError) -> PipelinePlan {
        var signatures: [Signature] = []
        var known: [String: PipelineSpec.Member] = [:]
        for member in spec.members {
            let (found, signature) = try self.member(member)
            known[member.reference] = found
            signatures.append(signature)
        }
        // Two ways to name one version are one model; equal members share one session.
        let resolved = spec.resolved { known[$0.reference] ?? $0 }
        let byMember = Dictionary(zip(spec.members.map { known[$0.reference] ?? $0 }, signatures)) { first, _ in first }
        return try PipelinePlan(
            resolved, signatures: resolved.members.map { byMember[$0] ?? Signature(inputs: [], outputs: []) })
    }

    private func member(_ member: PipelineSpec.Member) throws(PipelineError) -> (PipelineSpec.Member, Signature) {
        let place = "model '\(member.reference)'"
        do {
            let record = try registry.resolve(try Reference(member.reference))
            let digest = record.digest.description
            if let wanted = member.digest, wanted != digest {
                throw PipelineError(.invalid, place, "it is \(digest) here, and \(wanted) is asked for")
            }
            guard try registry.pipeline(record.digest) == nil else {
                throw PipelineError(
                    .invalid, place, "it is a pipeline itself", help: "write its steps into this one")
            }
            let description = try registry.description(record.digest)
            guard !ModelState.isDeclared(description.labels) else {
                throw PipelineError(.invalid, place, "it keeps state, and the models of a pipeline do not")
            }
            let found = PipelineSpec.Member(reference: record.reference.description, digest: digest)
            return (found, description.signature)
        } catch let error as PipelineError {
            throw error
        } catch let error as RegistryError {
            throw PipelineError(.invalid, place, error.message, help: error.help)
        } catch {
            throw PipelineError(.invalid, place, "\(error)")
        }
    }

    private static func text(_ path: String) throws(PipelineError) -> [UInt8] {
        do {
            return try read(path, limit: PipelineSpec.largest + 1)
        } catch {
            throw PipelineError(.malformed, "the pipeline", "'\(path)' cannot be read")
        }
    }

    private static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw WorkshopError(.unreadable, "cannot open '\(path)'") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw WorkshopError(.unreadable, "'\(path)' is not a regular file")
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        var filled = 0
        while filled < limit {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), limit - filled)
            }
            guard count >= 0 else { throw WorkshopError(.unreadable, "'\(path)' cannot be read") }
            if count == 0 { break }
            filled += count
        }
        return Array(bytes[..<filled])
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
