import Registry
import Tensors
import Trust

extension RegistryClient {
    private static let mostPages = 20
    private static let mostReferrers = 10_000

    /// The descriptors of what refers to a manifest: asked of the registry's API, else read from the tag that stands for
    /// it.
    ///
    /// Source: OCI Distribution Specification 1.1, "Listing Referrers" and "Unavailable Referrers API".
    func referrers(of digest: Digest) async throws -> [JSONValue] {
        var all: [JSONValue] = []
        var address: WebAddress? = call("GET", "referrers/\(digest)").address
        var pages = 0
        while let next = address {
            guard let page = try await referrerPage(next, of: digest) else { return try await tagged(digest).entries }
            all += page.entries
            pages += 1
            guard pages < Self.mostPages, all.count <= Self.mostReferrers else { break }
            address = page.next
        }
        return Array(all.prefix(Self.mostReferrers))
    }

    private struct ReferrerPage: Sendable {
        var entries: [JSONValue]
        var next: WebAddress?
    }

    /// `nil` where the registry has no such API.
    private func referrerPage(_ address: WebAddress, of digest: Digest) async throws -> ReferrerPage? {
        try await retrying("the referrers of \(digest.short)") {
            var call = call("GET", "")
            call.address = address
            call.headers.set("Accept", MediaType.imageIndex)
            let reply = try await send(call)
            let type = reply.headers["content-type"]?.split(separator: ";").first?.trimmed
            guard reply.status == 200, type == MediaType.imageIndex else {
                if [401, 403].contains(reply.status) { throw await failure(reply, "the question for referrers") }
                return nil
            }
            let bytes = try await reply.bytes(atMost: PackageManifest.largest, "the list of referrers")
            let next = try reply.headers["link"].flatMap { try Self.next($0, from: address) }
            return ReferrerPage(entries: try Self.entries(bytes), next: next)
        }
    }

    /// The address of `<…>; rel="next"`, which has to be the same registry's.
    private static func next(_ link: String, from address: WebAddress) throws(DistributionError) -> WebAddress? {
        guard link.contains("rel=\"next\""), let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"),
            open < close
        else { return nil }
        let next = try address.resolving(String(link[link.index(after: open)..<close]))
        return next.origin == address.origin ? next : nil
    }

    private static func entries(_ bytes: [UInt8]) throws(DistributionError) -> [JSONValue] {
        let json = try JSONDocument.parse(bytes, "the list of referrers")
        guard let entries = json["manifests"]?.arrayValue else {
            throw DistributionError(.damaged, "the list of referrers has no 'manifests'")
        }
        return entries
    }

    /// The tag that stands for the API: `sha256-<hex>`.
    static func tag(of digest: Digest) -> RemoteReference.Target { .tag("sha256-\(digest.hex)") }

    private func tagged(_ digest: Digest) async throws -> (entries: [JSONValue], exists: Bool) {
        do {
            let index = try await manifest(Self.tag(of: digest))
            guard index.mediaType == MediaType.imageIndex else { return ([], true) }
            return (Array(try Self.entries(index.bytes).prefix(Self.mostReferrers)), true)
        } catch let error as DistributionError where error.code == .notFound {
            return ([], false)
        }
    }

    /// Stores a referrer, unless the repository has it.
    ///
    /// - Parameter payload: the bytes of its document, which are uploaded before it.
    func put(_ referrer: ReferrerManifest) async throws {
        let bytes = referrer.encoded()
        let blob = Blob(digest: Digest(of: bytes), size: bytes.count)
        let isNoted = try await put(bytes, mediaType: MediaType.imageManifest, as: .digest(blob.digest))
        guard !isNoted else { return }
        let subject = referrer.subject.digest
        var entries = try await tagged(subject).entries
        guard !entries.contains(where: { $0["digest"]?.stringValue == blob.digest.description }) else { return }
        entries.append(referrer.listed(blob))
        let index = JSONValue.object([
            ("manifests", .array(entries)), ("mediaType", .string(MediaType.imageIndex)), ("schemaVersion", 2),
        ]).encoded(sortedKeys: true)
        guard index.count <= PackageManifest.largest else {
            throw DistributionError(.tooLarge, "the list of referrers of \(subject) is full")
        }
        try await put(index, mediaType: MediaType.imageIndex, as: Self.tag(of: subject))
    }
}
