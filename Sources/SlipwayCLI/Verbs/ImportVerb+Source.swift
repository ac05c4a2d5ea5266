import ArgumentParser
import Distribution
import Home
import Houses
import Registry
import Tensors
import Trust
import Workshop

/// What stands in place of an address once it has been fetched.
struct FetchedRecord: Codable {
    /// The address, without query and credentials.
    var shown: String
    /// A JSON object.
    var provenance: String
}

/// Models on other machines.
extension ImportVerb {
    /// Fetches what an address names, then imports it as a file.
    func bring(_ source: ModelSource) async throws {
        if case .registry(let place) = source { return try await pull(place) }
        let fetched = try await fetch(source)
        defer { fetched.discard() }
        var verb = self
        verb.file = fetched.path
        verb.fetched = FetchedRecord(
            shown: fetched.shown, provenance: JSONValue.object(fetched.provenance).encodedString())
        if let digest = fetched.digest {
            answer.say("fetched \(fetched.shown), \(Quantity.bytes(fetched.bytes)), sha256 \(digest.hex)")
        } else {
            answer.say("fetched \(fetched.shown), \(fetched.files) files, \(Quantity.bytes(fetched.bytes))")
        }
        try await verb.bringFile()
    }

    /// The manifest that the file is; `nil` for any other file.
    func inferenceService() throws -> InferenceService? {
        guard file.hasSuffix(".yaml") || file.hasSuffix(".yml"), !HouseFolder.isFolder(file) else { return nil }
        return try InferenceService(try JSONFile.bytes(file))
    }

    /// Fetches the model of a manifest and imports it under the manifest's name.
    func bring(_ service: InferenceService) async throws {
        guard let source = try ModelSource(service.storageURI) else {
            throw HouseError(
                .unsupported, "its storageUri \(service.storageURI.quoted) is no address",
                help: "copy the model here, and import its file or folder")
        }
        if case .registry = source {
            throw HouseError(
                .unsupported, "its storageUri is a container image, which is not unpacked",
                help: "copy the model out of it, and import its file or folder")
        }
        for remark in service.remarks { answer.say("  \(service.name.shown): \(remark)") }
        var verb = self
        verb.name = name ?? HouseName.model(service.name)
        verb.service = service.settings
        try await verb.bring(source)
    }

    private func fetch(_ source: ModelSource) async throws -> FetchedSource {
        // Before anything is fetched: a wrong name or option is no reason to have waited.
        _ = try name.map { try ModelName($0) }
        _ = try namedLabels()
        let home = try homeOptions.registry().database.home
        let fetched: FetchedSource
        switch source {
        case .web(let address):
            fetched = try await SourceFetcher(home: home, options: try sourceOptions.options(forBucket: false, remote))
                .fetch(address, progress: showTransfer)
        case .bucket(let address):
            fetched = try await SourceFetcher(home: home, options: try sourceOptions.options(forBucket: true, remote))
                .fetch(address, progress: showTransfer)
        case .registry: throw ValidationError("versions of a registry are pulled")
        }
        Terminal.progress("")
        return fetched
    }

    @Sendable private func showTransfer(_ state: TransferState) {
        guard !answer.quiet, answer.format == .table else { return }
        Terminal.progress(TransferText.sourceLine(state))
    }

    private func pull(_ place: RemoteReference) async throws {
        guard processing == nil, labels.isEmpty, provenance == nil, evaluation == nil, answers == nil, states.isEmpty,
            identity == nil, note.isEmpty, !dryRun, endpointList == nil, sourceOptions.digest == nil
        else {
            throw ValidationError(
                "a version of a registry is taken as it is: of the options, oci:// takes --name, --no-run and those of "
                    + "'slipway pull'; name the digest as oci://…@sha256:…")
        }
        try await VersionPull(
            place: place, model: try ModelName(name ?? place.lastComponent), runsOnce: !noRun, withReferrers: true,
            remote: remote, homeOptions: homeOptions, answer: answer
        ).run()
    }

    /// What its owner tells of it, and where it was fetched from.
    func fullProvenance() throws -> JSONValue? {
        let own = try provenance.map { try JSONFile.read($0) }
        guard let fetched, let source = try JSONValue.parse(Array(fetched.provenance.utf8)).objectValue else {
            return own
        }
        guard let own else { return .object(source) }
        guard let members = own.objectValue else { return own }
        return .object(members + source.filter { member in !members.contains { $0.key == member.key } })
    }
}
