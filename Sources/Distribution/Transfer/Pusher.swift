import Home
package import Registry
import Tensors
package import Trust

/// Copies a version to a registry: its blobs, its manifest byte for byte, and what is known about it.
package struct Pusher: Sendable {
    package struct Options: Sendable {
        /// Move a tag that names another version.
        package var movesTag = false
        /// Send what is known about the version, too.
        package var sendsReferrers = true
        /// A repository of the same registry that may have the blobs.
        package var mountingFrom: String?

        package init() {}
    }

    /// What came of it.
    package struct Report: Hashable, Sendable {
        package var reference: RemoteReference
        package var digest: Digest
        /// How many blobs were sent, mounted from another repository, or there already.
        package var outcomes: [RegistryClient.Upload: Int] = [:]
        /// Bytes of the blobs that were sent.
        package var sentBytes = 0
        /// Whether the tag named this version before.
        package var wasThere = false
        /// Referrers that were sent, and that were there.
        package var referrersSent = 0
        package var referrersPresent = 0
        /// What could not be done here, in words; the registry has the version all the same.
        package var warnings: [String] = []
    }

    private let registry: ModelRegistry
    private let client: RegistryClient

    package init(registry: ModelRegistry, client: RegistryClient) {
        self.registry = registry
        self.client = client
    }

    /// Pushes a version under a tag. Repeatable: what the registry has is not sent again.
    ///
    /// - Throws: `DistributionError`; `.conflict` when the tag names another version.
    package func run(
        _ record: VersionRecord, tag: String, options: Options = Options(),
        progress: @escaping @Sendable (TransferState) -> Void = { _ in }
    ) async throws -> Report {
        let bytes = try registry.manifestBytes(record.digest)
        let manifest = try PackageManifest(parsing: bytes)
        let target = RemoteReference.Target.tag(try RemoteReference.tag(tag))
        var report = Report(reference: client.place.with(target), digest: record.digest)
        let current = try await client.digest(of: target)
        if let current, current != record.digest, !options.movesTag {
            throw DistributionError(
                .conflict, "\(report.reference) is another version, \(current.description.prefix(19))…",
                help: "choose another tag, or move this one with --force")
        }
        report.wasThere = current == record.digest
        try await send(manifest, mountingFrom: try options.mountingFrom ?? source(record), progress, &report)
        if !report.wasThere { try await client.put(bytes, mediaType: PackageManifest.mediaType, as: target) }
        guard try await client.digest(of: .digest(record.digest)) == record.digest else {
            throw DistributionError(.damaged, "\(client.place.place) has taken the manifest and does not have it")
        }
        if options.sendsReferrers {
            try await sendReferrers(of: Blob(digest: record.digest, size: bytes.count), &report)
        }
        notePublication(of: record, &report)
        return report
    }

    /// Notes here where the version is. It is there by now, so a full disk is no reason to call the push a failure.
    private func notePublication(of record: VersionRecord, _ report: inout Report) {
        do {
            try registry.attach(
                .object([("reference", .string("\(report.reference)")), ("digest", .string("\(record.digest)"))]),
                kind: .published, name: client.place.place, to: record.digest)
        } catch {
            report.warnings.append("where it was pushed to could not be noted: \(Self.words(error))")
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as HomeError: error.message
        case let error as RegistryError: error.message
        default: "\(error)"
        }
    }

    /// Another repository of the same registry to which this version was pushed from here.
    private func source(_ record: VersionRecord) throws -> String? {
        let prefix = "\(client.place.registry)/"
        return try registry.referrers(of: record.digest, kind: .published).lazy.map(\.name)
            .first { $0.hasPrefix(prefix) && $0 != client.place.place }.map { String($0.dropFirst(prefix.count)) }
    }

    private func send(
        _ manifest: PackageManifest, mountingFrom source: String?,
        _ progress: @escaping @Sendable (TransferState) -> Void, _ report: inout Report
    ) async throws {
        let files = try Set([manifest.config] + manifest.layers.map(\.blob)).map { blob in
            (blob: blob, path: try registry.blobs.checkedPath(blob))
        }
        let outcome = try await client.uploadAll(
            files, mountingFrom: source, notes: registry.database.home, progress: progress)
        report.outcomes = outcome.counts
        report.sentBytes = outcome.sentBytes
    }

    // MARK: - Referrers

    /// The newest of each kind and name; those that the repository has are not sent again.
    private func sendReferrers(of subject: Blob, _ report: inout Report) async throws {
        var newest: [String: Referrer] = [:]
        for referrer in try registry.referrers(of: subject.digest) where ReferrerManifest.shared.contains(referrer.kind)
        {
            let key = "\(referrer.kind.rawValue) \(referrer.name)"
            if newest[key] == nil { newest[key] = referrer }
        }
        guard !newest.isEmpty else { return }
        let there = try await client.referrers(of: subject.digest).compactMap(ReferrerManifest.Listed.init)
        for (_, referrer) in newest.sorted(by: { $0.key < $1.key }) {
            let document = Array(referrer.payload.encodedString().utf8)
            let payload = Blob(digest: Digest(of: document), size: document.count)
            let isThere = there.contains {
                $0.kind == referrer.kind && $0.name == referrer.name && $0.payload == payload.digest.description
            }
            if isThere {
                report.referrersPresent += 1
            } else {
                try await send(referrer, document, payload, about: subject)
                report.referrersSent += 1
            }
        }
    }

    private func send(_ referrer: Referrer, _ document: [UInt8], _ payload: Blob, about subject: Blob) async throws {
        let attachment = self.attachment(referrer)
        try await client.upload(ReferrerManifest.emptyBytes)
        try await client.upload(document)
        if let attachment {
            _ = try await client.upload(
                attachment, at: try registry.blobs.checkedPath(attachment), notes: registry.database.home)
        }
        try await client.put(
            ReferrerManifest(
                kind: referrer.kind, name: referrer.name, created: referrer.createdAt.description, payload: payload,
                attachment: attachment, subject: subject))
    }

    /// The blob that a document tells of, where it is stored here.
    private func attachment(_ referrer: Referrer) -> Blob? {
        guard referrer.kind.rawValue == "evaluation-set", let text = referrer.payload["digest"]?.stringValue,
            let digest = try? Digest(text), let size = registry.blobs.size(digest)
        else { return nil }
        return Blob(digest: digest, size: size)
    }
}

extension ReferrerKind {
    /// Where a version was pushed to. Stays in this home.
    package static let published = ReferrerKind(rawValue: "published")
}

/// Does something for each element, a few at a time, in order of the elements.
func inLanes<Element: Sendable, Result: Sendable>(
    _ lanes: Int, _ elements: [Element], _ body: @Sendable @escaping (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results: [(Int, Result)] = []
        for (index, element) in elements.enumerated() {
            if index >= max(1, lanes), let done = try await group.next() { results.append(done) }
            group.addTask { (index, try await body(element)) }
        }
        for try await done in group { results.append(done) }
        return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
