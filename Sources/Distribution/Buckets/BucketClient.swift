import Glibc

/// Asks a bucket what it holds.
struct BucketClient: Sendable {
    let client: SourceClient
    let settings: BucketSettings
    let bucket: BucketAddress
    /// Seconds since 1970; replaced in tests.
    var now: @Sendable () -> Int = { time(nil) }

    /// Objects beneath a prefix at most.
    static let mostObjects = 10_000
    private static let mostPages = 100

    /// The bucket is in another region than the one that was asked.
    struct OtherRegion: Error {
        var region: String
    }

    /// An object that is to be fetched.
    func wanted(_ key: String, largest: Int) -> SourceClient.Wanted {
        SourceClient.Wanted(
            address: settings.address(of: key, in: bucket), shown: "s3://\(bucket.bucket)/\(SafeText.short(key))",
            largest: largest, signing: signing, followsRedirects: false)
    }

    private var signing: SourceClient.Signing? {
        guard let keys = settings.keys else { return nil }
        let signer = RequestSigner(keys: keys, region: settings.region, now: now)
        return { signer.signed($0) }
    }

    /// Everything beneath a prefix, in the order of the keys, without what stands for folders.
    ///
    /// - Throws: `OtherRegion` where an answer says so, `DistributionError` for a list that cannot be read or is too long.
    func list(_ prefix: String) async throws -> [BucketListing.Entry] {
        var entries: [BucketListing.Entry] = []
        var token: String?
        var pages = 0
        repeat {
            pages += 1
            let page = try await page(prefix, token, keys: 1000)
            guard page.entries.allSatisfy({ $0.key.hasPrefix(prefix) }) else {
                throw DistributionError(.damaged, "the bucket lists objects that were not asked for")
            }
            entries += page.entries.filter { !$0.key.hasSuffix("/") }
            guard entries.count <= Self.mostObjects, pages <= Self.mostPages else {
                throw DistributionError(
                    .tooLarge,
                    "beneath s3://\(bucket.bucket)/\(SafeText.short(prefix)) lie more than"
                        + " \(Self.mostObjects) objects", help: "name the folder of one model, or of one repository")
            }
            token = page.next
        } while token != nil
        return entries
    }

    /// The object of this key; `nil` where there is none. Keys are listed in order, so it would be the first.
    func object(_ key: String) async throws -> BucketListing.Entry? {
        try await page(key, nil, keys: 1).entries.first { $0.key == key }
    }

    private func page(_ prefix: String, _ token: String?, keys: Int) async throws -> BucketListing {
        var members = [("encoding-type", "url"), ("list-type", "2"), ("max-keys", "\(keys)"), ("prefix", prefix)]
        if let token { members.append(("continuation-token", token)) }
        let query = members.map { "\($0.0)=\(WebAddress.escaped($0.1))" }.sorted().joined(separator: "&")
        let place = settings.address(of: "", in: bucket)
        let path = place.target == "/" ? "/" : String(place.target.dropLast())
        var wanted = wanted(prefix, largest: BucketListing.largestPage)
        wanted.address = WebAddress(origin: place.origin, target: "\(path)?\(query)")
        let (reply, bytes) = try await client.document(WireRequest(method: "GET", address: wanted.address), wanted)
        guard reply.status == 200 else {
            if let region = otherRegion(reply, BucketFault(bytes)) { throw OtherRegion(region: region) }
            throw SourceClient.failure(reply, said: bytes, wanted)
        }
        return try BucketListing(bytes)
    }

    /// The region that an answer names in place of the one that was asked.
    private func otherRegion(_ reply: WireReply, _ fault: BucketFault?) -> String? {
        guard settings.endpoint == nil, [301, 307, 400, 403].contains(reply.status),
            let named = reply.headers["x-amz-bucket-region"] ?? fault?.region,
            let region = try? BucketSettings.region(named), region != settings.region
        else { return nil }
        return region
    }
}
