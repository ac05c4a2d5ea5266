import Home
package import Registry
package import Tensors
package import Trust

/// The checks that everything passes before it becomes a version: those of `import`.
package protocol PullChecks: Sendable {
    /// Reads a graph in the limited child, compares it with what its package says, and runs it once on every engine.
    ///
    /// - Returns: how the engines agree; `nil` when it was not run.
    /// - Throws: what is wrong with it.
    func check(_ graph: PackagedGraph) async throws -> JSONValue?

    /// The same for a pipeline: each of its models, and whether it fits them.
    func check(_ pipeline: PackagedPipeline) async throws

    /// Imports a file of another tool as the next version of a model.
    ///
    /// - Parameters:
    ///   - name: what the file is called.
    ///   - provenance: where it comes from, for the record.
    func importing(
        _ path: String, named name: String, as model: ModelName, provenance: JSONValue
    ) async throws -> ModelRegistry.Addition
}

/// Brings a version from a registry into the home: every byte compared with its digest and the graph checked before
/// anything has a name.
package struct Puller: Sendable {
    /// What came of it.
    package struct Report: Sendable {
        package var reference: RemoteReference
        package var addition: ModelRegistry.Addition
        /// The digest of the manifest there. The version's own, unless the package is another tool's.
        package var digest: Digest
        /// Whether the package is another tool's, and its graph was imported.
        package var isForeign = false
        package var fetchedBlobs = 0
        package var fetchedBytes = 0
        package var presentBlobs = 0
        package var referrers = 0
        /// What was left out, in words.
        package var warnings: [String] = []
    }

    private static let largestConfiguration = 4 << 20
    private static let largestDescription = 16 << 20
    private static let largestAttachment = 1 << 30
    private static let mostReferrers = 200

    private let registry: ModelRegistry
    private let client: RegistryClient
    private let checks: any PullChecks

    package init(registry: ModelRegistry, client: RegistryClient, checks: any PullChecks) {
        self.registry = registry
        self.client = client
        self.checks = checks
    }

    /// Pulls a version. Repeatable: what is here is not fetched again, and what was broken off is gone on with.
    ///
    /// - Throws: `DistributionError`, or what the checks refuse. Nothing has got a name then.
    package func run(
        _ target: RemoteReference.Target, as model: ModelName, referrers: Bool = true,
        progress: @escaping @Sendable (TransferState) -> Void = { _ in }
    ) async throws -> Report {
        let home = registry.database.home
        PartialFile.removeAbandoned(in: home)
        let lock = try HomeLock.acquire(.blobs, .shared, in: home, wait: true)
        defer { lock.release() }
        let (manifest, package) = try await resolve(try await chosen(target))
        let reference = client.place.with(.digest(manifest.digest))
        var report: Report
        switch package {
        case .version(let version): report = try await take(version, manifest, reference, model, progress)
        case .foreign(let graph, let path):
            report = try await takeForeign(graph, path, manifest, reference, model, progress)
        case .list: throw DistributionError(.refused, "\(reference) is a list in a list, which is not followed")
        }
        if referrers, !report.isForeign { try await takeReferrers(of: manifest.digest, &report) }
        return report
    }

    /// The tag that is meant where none was given: the only one.
    private func chosen(_ target: RemoteReference.Target) async throws -> RemoteReference.Target {
        guard target == .unspecified else { return target }
        let tags = try await client.tags().filter { !$0.hasPrefix("sha256-") }
        if tags.count == 1, let only = tags.first { return .tag(only) }
        throw DistributionError(
            .invalid, "\(client.place.place) has \(tags.count) tags: which one is meant?",
            help: tags.isEmpty ? "push something there first" : "there are " + tags.prefix(10).joined(separator: ", "))
    }

    private func resolve(_ target: RemoteReference.Target) async throws -> (FetchedManifest, RemotePackage) {
        let first = try await manifest(target)
        let package = try RemotePackage(first)
        guard case .list(let next) = package else { return (first, package) }
        let manifest = try await client.manifest(.digest(next))
        return (manifest, try RemotePackage(manifest))
    }

    /// - Throws: where there is none, with the tags that there are.
    private func manifest(_ target: RemoteReference.Target) async throws -> FetchedManifest {
        do {
            return try await client.manifest(target)
        } catch var error as DistributionError where error.code == .notFound {
            let tags = (try? await client.tags().filter { !$0.hasPrefix("sha256-") }) ?? []
            if !tags.isEmpty { error.help = "there are the tags " + tags.prefix(10).joined(separator: ", ") }
            throw error
        }
    }

    // MARK: - Our own packages

    private func take(
        _ package: PackageManifest, _ manifest: FetchedManifest, _ reference: RemoteReference, _ model: ModelName,
        _ progress: @escaping @Sendable (TransferState) -> Void
    ) async throws -> Report {
        let blobs = Set([package.config] + package.layers.map(\.blob)).sorted { $0.size > $1.size }
        let files = try await fetch(blobs, progress)
        var comparison: JSONValue?
        do {
            // What is registered here has been checked; what it lacks is only put back.
            if !isRegistered(manifest.digest, as: model) {
                comparison = try await check(package, files, from: reference)
            }
        } catch {
            if !(error is CancellationError) { for file in files { file.discard() } }
            throw error
        }
        for file in files { try file.adopt(into: registry.blobs) }
        let addition = try registry.addVersion(
            of: model, manifest: manifest.bytes, source: "\(reference.place)")
        if addition.isNew, let comparison {
            try registry.attach(comparison, kind: .comparison, name: "import", to: manifest.digest)
        }
        return Report(
            reference: reference, addition: addition, digest: manifest.digest, fetchedBlobs: files.count,
            fetchedBytes: files.reduce(0) { $0 + $1.blob.size }, presentBlobs: blobs.count - files.count)
    }

    private func isRegistered(_ digest: Digest, as model: ModelName) -> Bool {
        (try? registry.resolve(Reference(model: model, selector: .digest(digest)))) != nil
    }

    /// Fetches the blobs that are not stored here, a few at a time.
    private func fetch(
        _ blobs: [Blob], _ progress: @escaping @Sendable (TransferState) -> Void
    ) async throws -> [PartialFile] {
        let missing = blobs.filter { registry.blobs.size($0.digest) != $0.size }
        let files = try missing.map { try PartialFile($0, in: registry.database.home) }
        do {
            try HomeSpace.require(
                files.reduce(0) { $0 + $1.blob.size - $1.count }, in: registry.database.home)
        } catch {
            for file in files where file.count == 0 { file.discard() }
            throw error
        }
        let meter = TransferMeter(
            totalBytes: blobs.reduce(0) { $0 + $1.size }, blobs: blobs.count, tell: progress)
        let absent = Set(missing)
        for blob in blobs where !absent.contains(blob) {
            meter.finished(blob.digest, size: blob.size, counts: false)
        }
        do {
            _ = try await inLanes(client.limits.lanes, files) { file in
                let blob = file.blob
                meter.found(blob.digest, at: file.count)
                try await client.download(blob, into: file) { meter.reached(blob.digest, $0) }
                meter.finished(blob.digest, size: blob.size, counts: true)
            }
        } catch let error as DistributionError where error.code == .full {
            // Somebody else took the space meanwhile: what is here would only be in the way.
            for file in files { file.discard() }
            throw error
        }
        return files
    }

    /// Compares what the package says of itself with what its graph is.
    ///
    /// - Returns: how the engines agree on it; `nil` when it was not run.
    private func check(
        _ package: PackageManifest, _ files: [PartialFile], from reference: RemoteReference
    ) async throws -> JSONValue? {
        guard let layer = package.description else {
            throw DistributionError(.refused, "the package has no description")
        }
        try checkConfiguration(try bytes(package.config, files, atMost: Self.largestConfiguration), package)
        let description = try PackageDescription(
            parsing: try bytes(layer.blob, files, atMost: Self.largestDescription))
        let pipeline = try package.packagedPipeline(
            from: "\(reference)", declared: description.signature, path: { path($0, files) },
            bytes: { try bytes($0, files, atMost: Self.largestDescription) })
        if let pipeline {
            try await checks.check(pipeline)
            return nil
        }
        return try await checks.check(
            package.packagedGraph(from: "\(reference)", declared: description.signature) { path($0, files) })
    }

    private func checkConfiguration(_ bytes: [UInt8], _ package: PackageManifest) throws(DistributionError) {
        let json = try JSONDocument.parse(bytes, "the model's configuration")
        guard json["config"]?.objectValue != nil, json["modelfs"]?["type"]?.stringValue == "layers",
            let digests = json["modelfs"]?["diffIds"]?.arrayValue
        else {
            throw DistributionError(.damaged, "the model's configuration has no 'config' or no 'modelfs' with layers")
        }
        guard digests.map(\.stringValue) == package.layers.map({ $0.blob.digest.description }) else {
            throw DistributionError(.damaged, "the model's configuration lists other layers than its manifest")
        }
    }

    private func path(_ blob: Blob, _ files: [PartialFile]) -> String {
        files.first { $0.blob == blob }?.path ?? registry.blobs.path(blob.digest)
    }

    private func bytes(_ blob: Blob, _ files: [PartialFile], atMost limit: Int) throws -> [UInt8] {
        guard blob.size <= limit else {
            throw DistributionError(
                .tooLarge, "blob \(blob.digest) has \(blob.size) bytes; at most \(limit) are accepted")
        }
        guard let file = files.first(where: { $0.blob == blob }) else {
            return try registry.blobs.bytes(blob.digest, limit: limit)
        }
        return try file.bytes()
    }

    // MARK: - Packages of other tools

    private func takeForeign(
        _ graph: Blob, _ path: String, _ manifest: FetchedManifest, _ reference: RemoteReference, _ model: ModelName,
        _ progress: @escaping @Sendable (TransferState) -> Void
    ) async throws -> Report {
        let files = try await fetch([graph], progress)
        defer { for file in files { file.discard() } }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let addition = try await checks.importing(
            self.path(graph, files), named: name, as: model,
            provenance: .object([
                ("pulledFrom", .string("\(reference.place)")), ("manifest", .string("\(manifest.digest)")),
                ("path", .string(path)),
            ]))
        return Report(
            reference: reference, addition: addition, digest: manifest.digest, isForeign: true,
            fetchedBlobs: files.count, fetchedBytes: files.reduce(0) { $0 + $1.blob.size },
            presentBlobs: 1 - files.count)
    }

    // MARK: - Referrers

    /// Attaches what the registry knows about the version. One that cannot be read is left out, and said so.
    private func takeReferrers(of digest: Digest, _ report: inout Report) async throws {
        let listed: [ReferrerManifest.Listed]
        do {
            listed = try await client.referrers(of: digest).compactMap(ReferrerManifest.Listed.init)
        } catch let error as DistributionError {
            report.warnings.append("what is known about it was not fetched: \(error.message)")
            return
        }
        if listed.count > Self.mostReferrers {
            report.warnings.append("only the newest \(Self.mostReferrers) of \(listed.count) referrers were fetched")
        }
        for entry in listed.sorted(by: { $0.created < $1.created }).suffix(Self.mostReferrers) {
            do {
                if try await take(entry, of: digest) { report.referrers += 1 }
            } catch let error as DistributionError {
                report.warnings.append("a referrer of the kind '\(entry.kind.rawValue)' was left out: \(error.message)")
            }
        }
    }

    /// - Returns: whether it is new here.
    private func take(_ entry: ReferrerManifest.Listed, of digest: Digest) async throws -> Bool {
        let known = try registry.referrers(of: digest, kind: entry.kind, name: entry.name)
        let digests = Set(known.map { Digest(of: Array($0.payload.encodedString().utf8)).description })
        if let payload = entry.payload, digests.contains(payload) { return false }
        let manifest = try await client.manifest(.digest(entry.blob.digest))
        let referrer = try ReferrerManifest(parsing: manifest.bytes, about: digest)
        let bytes = try await client.bytes(of: referrer.payload, atMost: ReferrerManifest.largestPayload)
        let document = try JSONDocument.parse(bytes, "a referrer")
        if digests.contains(Digest(of: Array(document.encodedString().utf8)).description) { return false }
        if let attachment = referrer.attachment { try await take(attachment, of: document) }
        try registry.attach(document, kind: referrer.kind, name: referrer.name, to: digest)
        return true
    }

    /// Fetches the file that a document tells of.
    private func take(_ attachment: Blob, of document: JSONValue) async throws {
        guard document["digest"]?.stringValue == attachment.digest.description,
            attachment.size <= Self.largestAttachment
        else {
            throw DistributionError(.damaged, "its file is another one than it tells, or too large")
        }
        guard registry.blobs.size(attachment.digest) != attachment.size else { return }
        let file = try PartialFile(attachment, in: registry.database.home)
        try await client.download(attachment, into: file)
        try file.adopt(into: registry.blobs)
    }
}
