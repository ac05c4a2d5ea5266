import Glibc
package import Home
import Synchronization
package import Tensors
package import Trust

/// What was fetched from a source: a file or a folder of the home's temporary directory, until it is discarded.
package struct FetchedSource: Sendable {
    /// The file, or the folder.
    package let path: String
    /// Where it came from, without query and credentials.
    package let shown: String
    package let isFolder: Bool
    package let files: Int
    package let bytes: Int
    /// Of a single file.
    package let digest: Digest?
    /// What the server called it.
    package let entityTag: String?
    private let folder: SourceFolder

    fileprivate init(
        _ folder: SourceFolder, path: String, shown: String, isFolder: Bool, parts: [SourcePart]
    ) {
        self.folder = folder
        self.path = path
        self.shown = shown
        self.isFolder = isFolder
        files = parts.count
        bytes = parts.reduce(0) { $0 + $1.count }
        digest = isFolder ? nil : parts.first?.file.digest
        entityTag = isFolder ? nil : parts.first?.note.entityTag
    }

    /// As it is kept with a version.
    package var provenance: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [("fetchedFrom", .string(shown))]
        if let digest { members.append(("digest", .string(digest.description))) }
        members.append(("bytes", .integer(bytes)))
        if let entityTag { members.append(("entityTag", .string(SafeText.short(entityTag)))) }
        return members
    }

    /// Removes what was fetched.
    package func discard() { folder.discard() }
}

/// Brings a file of a web server, or what a bucket holds, into the home's temporary directory.
package struct SourceFetcher: Sendable {
    /// What is asked of it.
    package struct Options: Sendable {
        /// The digest that a single file must have.
        package var digest: Digest?
        /// Bytes that are taken in all.
        package var largest = 64 << 30
        /// Speak to machines of private networks, too.
        package var allowsPrivate = false
        /// Speak without TLS also to another machine.
        package var plainHTTP = false
        /// Certificate authorities in PEM that are trusted besides the system's.
        package var authorities: [UInt8]?
        package var bucket = BucketSettings()
        package var limits = TransferLimits()

        package init() {}
    }

    let home: HomeDirectory
    let options: Options
    var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    package init(home: HomeDirectory, options: Options) {
        self.home = home
        self.options = options
    }

    /// Told how far it has come; a total of 0 bytes is one that is not known.
    package typealias Progress = @Sendable (TransferState) -> Void

    // MARK: - Web servers

    /// Fetches a file of a web server.
    ///
    /// - Throws: `DistributionError`. What came is kept for a week where trying again may help, else removed.
    package func fetch(_ address: WebAddress, progress: @escaping Progress) async throws -> FetchedSource {
        let policy = policy(address.origin)
        try policy.checkAsked()
        return try await GuardedWire.open(policy: policy, authorities: options.authorities) { wire in
            try await fetch(address, over: wire, policy, progress)
        }
    }

    func fetch(
        _ address: WebAddress, over wire: any Wire, _ policy: SourcePolicy, _ progress: @escaping Progress
    ) async throws -> FetchedSource {
        let shown = SafeText.short(address.withoutQuery)
        let folder = try SourceFolder(for: "\(address.withoutQuery) \(options.digest?.hex ?? "")", in: home)
        return try await keeping(folder) {
            let client = client(over: wire, policy)
            var wanted = SourceClient.Wanted(address: address, shown: shown, largest: options.largest)
            wanted.digest = options.digest
            let name = SourcePath(lastPartOf: address)
            let part = try folder.part(name, atMost: options.largest)
            let meter = TransferMeter(totalBytes: 0, blobs: 1, tell: progress)
            try await receive(wanted, part, client, meter)
            return FetchedSource(
                folder, path: "\(folder.data)/\(name.text)", shown: shown, isFolder: false, parts: [part])
        }
    }

    // MARK: - Buckets

    /// Fetches an object of a bucket, or all beneath a prefix: a key that ends in a slash, or that is no object's.
    ///
    /// - Throws: as above.
    package func fetch(_ bucket: BucketAddress, progress: @escaping Progress) async throws -> FetchedSource {
        do {
            return try await fetch(bucket, options.bucket, progress)
        } catch let other as BucketClient.OtherRegion {
            var settings = options.bucket
            settings.region = other.region
            return try await fetch(bucket, settings, progress)
        }
    }

    private func fetch(
        _ bucket: BucketAddress, _ settings: BucketSettings, _ progress: @escaping Progress
    ) async throws -> FetchedSource {
        let policy = policy(settings.origin(of: bucket))
        try policy.checkAsked()
        return try await GuardedWire.open(policy: policy, authorities: options.authorities) { wire in
            try await fetch(bucket, settings, over: wire, policy, progress)
        }
    }

    func fetch(
        _ bucket: BucketAddress, _ settings: BucketSettings, over wire: any Wire, _ policy: SourcePolicy,
        _ progress: @escaping Progress
    ) async throws -> FetchedSource {
        let client = BucketClient(client: client(over: wire, policy), settings: settings, bucket: bucket)
        let isPrefix = bucket.key.isEmpty || bucket.key.hasSuffix("/")
        let prefix = isPrefix ? bucket.key : bucket.key + "/"
        let object = isPrefix ? nil : try await wantedObject(client)
        let beneath = object == nil ? try await client.list(prefix) : []
        let folder = try SourceFolder(
            for: "\(policy.asked) \(bucket.bucket) \(bucket.key) \(options.digest?.hex ?? "")", in: home)
        return try await keeping(folder) {
            if let object { return try await fetch(object, client, folder, progress) }
            return try await fetch(beneath, prefix, client, folder, progress)
        }
    }

    /// The object that the key names; `nil` when there is none. Whoever may not list may still be allowed to read it: then
    /// nothing is known of it yet.
    private func wantedObject(_ client: BucketClient) async throws -> SourceClient.Wanted? {
        let key = client.bucket.key
        do {
            guard let entry = try await client.object(key) else { return nil }
            try checkTotal([entry], client)
            var wanted = client.wanted(key, largest: entry.size)
            wanted.entityTag = entry.entityTag
            return wanted
        } catch let error as DistributionError where error.code == .denied {
            return client.wanted(key, largest: options.largest)
        }
    }

    private func fetch(
        _ object: SourceClient.Wanted, _ client: BucketClient, _ folder: SourceFolder, _ progress: @escaping Progress
    ) async throws -> FetchedSource {
        let key = client.bucket.key
        guard let name = SourcePath(key: key.split(separator: "/").last ?? "") else { throw Self.unsafe(key) }
        let part = try folder.part(name, atMost: object.largest)
        var wanted = object
        wanted.digest = options.digest
        let meter = TransferMeter(
            totalBytes: wanted.entityTag == nil ? 0 : wanted.largest, blobs: 1, tell: progress)
        try await receive(wanted, part, client.client, meter)
        return FetchedSource(
            folder, path: "\(folder.data)/\(name.text)", shown: wanted.shown, isFolder: false, parts: [part])
    }

    private func fetch(
        _ objects: [BucketListing.Entry], _ prefix: String, _ client: BucketClient, _ folder: SourceFolder,
        _ progress: @escaping Progress
    ) async throws -> FetchedSource {
        let shown = "s3://\(client.bucket.bucket)/\(SafeText.short(prefix))"
        guard !objects.isEmpty else {
            throw DistributionError(.notFound, "there is nothing at '\(shown)'", help: "check bucket, key and region")
        }
        guard options.digest == nil else {
            throw DistributionError(.invalid, "'\(shown)' is a folder; --sha256 goes with a single file")
        }
        try checkTotal(objects, client)
        let name = prefix.split(separator: "/").last.map(String.init) ?? client.bucket.bucket
        guard let root = SourcePath(key: name) else { throw Self.unsafe(prefix) }
        let wanted = try objects.map { object in
            guard let path = SourcePath(key: "\(root.text)/\(object.key.dropFirst(prefix.count))") else {
                throw Self.unsafe(object.key)
            }
            return (object, path)
        }
        try HomeSpace.require(objects.reduce(0) { $0 + $1.size }, in: home)
        let meter = TransferMeter(
            totalBytes: objects.reduce(0) { $0 + $1.size }, blobs: objects.count, tell: progress)
        let parts = try await inLanes(options.limits.lanes, wanted) { object, path in
            let part = try folder.part(path, atMost: object.size)
            var wanted = client.wanted(object.key, largest: object.size)
            wanted.entityTag = object.entityTag
            try await receive(wanted, part, client.client, meter)
            return part
        }
        return FetchedSource(folder, path: "\(folder.data)/\(root.text)", shown: shown, isFolder: true, parts: parts)
    }

    private func checkTotal(_ objects: [BucketListing.Entry], _ client: BucketClient) throws(DistributionError) {
        var total = 0
        for object in objects {
            let (sum, overflow) = total.addingReportingOverflow(object.size)
            guard !overflow, sum <= options.largest else {
                throw DistributionError(
                    .tooLarge,
                    "'\(client.bucket)' has more than the \(options.largest) bytes that are accepted",
                    help: "raise the limit with --max-size, where that is meant")
            }
            total = sum
        }
    }

    private static func unsafe(_ key: String) -> DistributionError {
        DistributionError(
            .refused, "the key '\(SafeText.short(key))' cannot be a file's name here",
            help: "keys may not have empty parts, '.', '..', control characters or more than"
                + " \(SourcePath.mostParts) parts")
    }

    // MARK: - Both

    private func policy(_ origin: WebAddress.Origin) -> SourcePolicy {
        SourcePolicy(asked: origin, allowsPrivate: options.allowsPrivate, plainHTTP: options.plainHTTP)
    }

    private func client(over wire: any Wire, _ policy: SourcePolicy) -> SourceClient {
        SourceClient(over: wire, policy: policy, home: home, limits: options.limits, pause: pause)
    }

    private func receive(
        _ wanted: SourceClient.Wanted, _ part: SourcePart, _ client: SourceClient, _ meter: TransferMeter
    ) async throws {
        // Names of files are no digests, and the meter wants some.
        let key = Digest(of: Array(wanted.shown.utf8))
        let isAlone = wanted.entityTag == nil
        meter.found(key, at: part.count)
        try await client.fetch(wanted, into: part) { count, total in
            if isAlone, let total { meter.expect(totalBytes: total) }
            meter.reached(key, count)
        }
        meter.finished(key, size: part.count, counts: true)
    }

    /// What came is kept only where it is worth something later.
    private func keeping(
        _ folder: SourceFolder, _ body: () async throws -> FetchedSource
    ) async throws -> FetchedSource {
        do {
            return try await body()
        } catch let error as DistributionError where error.code == .unavailable && !folder.isEmpty {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            folder.discard()
            throw error
        }
    }
}
