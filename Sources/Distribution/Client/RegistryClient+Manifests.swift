import Registry
import Tensors
package import Trust

/// A manifest as a registry gave it, with the digest of these very bytes.
package struct FetchedManifest: Hashable, Sendable {
    package var bytes: [UInt8]
    package var mediaType: String
    package var digest: Digest
}

extension RegistryClient {
    static let accepted = [
        MediaType.imageManifest, MediaType.imageIndex, MediaType.dockerManifest, MediaType.dockerList,
    ].joined(separator: ", ")

    /// The manifest of a tag or digest, compared with the digest that was asked for or promised.
    ///
    /// - Throws: `DistributionError.Code.notFound`, `.tooLarge` over 4 MiB, `.damaged` when it is another one.
    package func manifest(_ target: RemoteReference.Target) async throws -> FetchedManifest {
        try await retrying("the manifest of \(place.with(target))") {
            var call = call("GET", "manifests/\(try Self.name(target))")
            call.headers.set("Accept", Self.accepted)
            let reply = try await send(call)
            guard reply.status != 404 else {
                throw DistributionError(
                    .notFound, "there is no \(place.with(target))", help: "check the name of the repository")
            }
            guard reply.status == 200 else { throw await failure(reply, "the question for \(place.with(target))") }
            let bytes = try await reply.bytes(atMost: PackageManifest.largest, "the manifest of \(place.with(target))")
            let digest = Digest(of: bytes)
            if case .digest(let asked) = target, asked != digest { throw Self.other(asked, digest) }
            if let promised = reply.headers["docker-content-digest"] {
                let promised = try Self.digest(promised)
                guard promised == digest else { throw Self.other(promised, digest) }
            }
            let type = reply.headers["content-type"]?.split(separator: ";").first?.trimmed.lowercased() ?? ""
            return FetchedManifest(bytes: bytes, mediaType: type, digest: digest)
        }
    }

    /// What a tag or digest names; `nil` when it names nothing.
    package func digest(of target: RemoteReference.Target) async throws -> Digest? {
        let head = try await retrying("the question for \(place.with(target))") {
            var call = call("HEAD", "manifests/\(try Self.name(target))")
            call.headers.set("Accept", Self.accepted)
            let reply = try await send(call)
            return (status: reply.status, digest: reply.headers["docker-content-digest"])
        }
        switch head.status {
        case 404: return nil
        case 200:
            if let digest = head.digest { return try Self.digest(digest) }
            return try await manifest(target).digest
        default:
            throw await failure(WireReply(status: head.status), "the question for \(place.with(target))")
        }
    }

    /// Stores a manifest.
    ///
    /// - Returns: whether the registry has noted its `subject` itself.
    @discardableResult
    package func put(
        _ bytes: [UInt8], mediaType: String, as target: RemoteReference.Target
    ) async throws -> Bool {
        let digest = Digest(of: bytes)
        return try await retrying("the upload of \(place.with(target))") {
            var call = call("PUT", "manifests/\(try Self.name(target))", writes: true)
            call.headers.set("Content-Type", mediaType)
            call.body = .bytes(bytes)
            let reply = try await send(call)
            guard reply.status == 201 || reply.status == 200 else {
                throw await failure(reply, "the upload of \(place.with(target))")
            }
            if let stored = reply.headers["docker-content-digest"] {
                let stored = try Self.digest(stored)
                guard stored == digest else { throw Self.other(digest, stored) }
            }
            return reply.headers["oci-subject"] != nil
        }
    }

    /// The tags of the repository, at most a thousand.
    package func tags() async throws -> [String] {
        try await retrying("the tags of \(place.place)") {
            let reply = try await send(call("GET", "tags/list?n=1000"))
            guard reply.status == 200 else { throw await failure(reply, "the question for tags of \(place.place)") }
            let bytes = try await reply.bytes(atMost: PackageManifest.largest, "the list of tags")
            let json = try JSONDocument.parse(bytes, "the list of tags")
            return json["tags"]?.arrayValue?.prefix(1000).compactMap(\.stringValue)
                .filter { (try? RemoteReference.tag($0)) != nil } ?? []
        }
    }

    static func name(_ target: RemoteReference.Target) throws(DistributionError) -> String {
        switch target {
        case .tag(let tag): return tag
        case .digest(let digest): return digest.description
        case .unspecified: throw DistributionError(.invalid, "no tag or digest was given")
        }
    }

    /// A digest that the registry told. - Throws: `DistributionError.Code.damaged` for anything but a SHA-256.
    static func digest(_ text: String) throws(DistributionError) -> Digest {
        do {
            return try Digest(text.trimmed)
        } catch {
            throw DistributionError(.damaged, "the registry tells a digest that is none: \(error.message)")
        }
    }

    static func other(_ expected: Digest, _ found: Digest) -> DistributionError {
        DistributionError(
            .damaged, "the manifest is another one: expected \(expected), got \(found)",
            help: "the registry or what is between is damaged; do not use it")
    }
}

/// What manifests are called.
package enum MediaType {
    package static let imageManifest = PackageManifest.mediaType
    package static let imageIndex = "application/vnd.oci.image.index.v1+json"
    static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    static let dockerList = "application/vnd.docker.distribution.manifest.list.v2+json"
    static let empty = "application/vnd.oci.empty.v1+json"
}

/// A JSON document of the other side.
enum JSONDocument {
    /// - Throws: `DistributionError.Code.damaged`.
    static func parse(_ bytes: [UInt8], _ what: String) throws(DistributionError) -> JSONValue {
        do {
            return try JSONValue.parse(bytes)
        } catch {
            throw DistributionError(.damaged, "\(what) is not valid JSON: \(error.message)")
        }
    }
}
