import Foundation
import Tensors
import Testing
import Trust

@testable import Distribution

/// Buckets: signatures, lists, folders.
@Suite(.timeLimit(.minutes(1))) struct BucketTests {
    private let home: TemporaryHome
    private static let keys = Result {
        try BucketKeys(identifier: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", session: nil)
    }

    init() throws { home = try TemporaryHome() }

    // MARK: - Signatures

    /// The examples of "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference.
    @Test(arguments: [
        ("/test.txt", "bytes=0-9", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        ("/?lifecycle", nil, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", nil, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ])
    func signaturesAreAmazonsOwnExamples(_ target: String, _ range: String?, _ signature: String) throws {
        let keys = try BucketKeys(
            identifier: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", session: nil)
        var request = WireRequest(
            method: "GET", address: try WebAddress("https://examplebucket.s3.amazonaws.com\(target)"))
        request.headers.set("Range", range)
        let signer = RequestSigner(keys: keys, region: "us-east-1", now: { 1_369_353_600 })
        #expect(signer.signed(request).headers["authorization"]?.hasSuffix("Signature=\(signature)") == true)
    }

    /// Made with botocore 1.44.5, `S3SigV4Auth`, at 2026-11-22 04:05:06.
    @Test(arguments: [
        (
            "http://127.0.0.1:9000/models/digits/1/model.onnx", nil, nil,
            "b006ae1c7adc57b612afbf672f240078f1468607af95b98476f0cd590071e9f1"
        ),
        (
            "http://127.0.0.1:9000/models/digits/1/model.onnx", "bytes=100-", nil,
            "0ca786b340c0d7361cdbe209901be569fdba550e4ac558dcc7343283e3274896"
        ),
        (
            "https://models.s3.eu-central-1.amazonaws.com/a%20b/%C3%A4%2B%281%29.onnx", nil,
            "FwoGZXIvYXdzEXAMPLE//token==", "6d70d9526aa79121f2162254c921ee9acfc821071386fb07a3318d8fb9de15da"
        ),
        (
            "https://s3.eu-central-1.amazonaws.com/my.bucket?continuation-token=1%2Fx%3D%3D&encoding-type=url"
                + "&list-type=2&max-keys=1000&prefix=models%2Fdigits%2F", nil, nil,
            "6a2d9915dbf2a0723169cd6ac6ac22af995d89466936b1d98f8ae79dafac360f"
        ),
    ])
    func signaturesAreBotocores(
        _ address: String, _ range: String?, _ session: String?, _ signature: String
    ) throws {
        let plain = try Self.keys.get()
        let keys = try BucketKeys(identifier: plain.identifier, secret: plain.secret, session: session)
        var request = WireRequest(method: "GET", address: try WebAddress(address))
        if let range {
            request.headers.set("Range", range)
            request.headers.set("If-Match", "\"abc\"")
        }
        request.headers.set("Accept-Encoding", "identity")
        let signer = RequestSigner(keys: keys, region: "eu-central-1", now: { 1_795_320_306 })
        let signed = signer.signed(request)
        #expect(signed.headers["authorization"]?.hasSuffix("Signature=\(signature)") == true)
        #expect(signed.headers["x-amz-date"] == "20261122T040506Z")
        #expect(signed.headers["x-amz-security-token"] == session)
    }

    @Test func keysAreNeverPrinted() throws {
        let keys = try BucketKeys(identifier: "AKIDEXAMPLE", secret: "verysecret", session: "sessionsecret")
        #expect(!"\(keys) \(String(reflecting: keys)) \(String(describing: [keys]))".contains("secret"))
        var dumped = ""
        dump(keys, to: &dumped)
        #expect(!dumped.contains("secret"))
    }

    @Test func profilesAreReadAndProgramsAreNotRun() throws {
        let file = try ProfileFile(
            parsing: Array(
                """
                # mine
                [default]
                aws_access_key_id = AKID
                aws_secret_access_key=a/b+c=
                region = eu-west-1
                s3 =
                  addressing_style = path
                [profile work]
                aws_access_key_id = HALF
                [run]
                credential_process = /bin/touch /tmp/slipway-canary
                [empty]
                """.utf8))
        #expect(try file.keys(of: "default")?.secret == "a/b+c=" && file.region(of: "default") == "eu-west-1")
        #expect(throws: DistributionError.self) { try file.keys(of: "work") }
        #expect(throws: DistributionError.self) { try file.keys(of: "run") }
        #expect(try file.keys(of: "empty") == nil && file.keys(of: "absent") == nil)
        #expect(access("/tmp/slipway-canary", F_OK) != 0)
        #expect(throws: DistributionError.self) {
            try BucketKeys.environment { $0 == "AWS_ACCESS_KEY_ID" ? "AKID" : nil }
        }
    }

    // MARK: - Addresses

    @Test(arguments: [
        ("auto", nil, "models", "https://models.s3.us-east-1.amazonaws.com/a%2Bb/c.onnx"),
        ("auto", nil, "my.models", "https://s3.us-east-1.amazonaws.com/my.models/a%2Bb/c.onnx"),
        ("path", nil, "models", "https://s3.us-east-1.amazonaws.com/models/a%2Bb/c.onnx"),
        ("auto", "http://127.0.0.1:9000", "models", "http://127.0.0.1:9000/models/a%2Bb/c.onnx"),
        ("virtual", "https://minio.example:9000", "models", "https://models.minio.example:9000/a%2Bb/c.onnx"),
        ("virtual", "http://127.0.0.1:9000", "models", "http://127.0.0.1:9000/models/a%2Bb/c.onnx"),
    ])
    func bucketsAreInThePathOrInTheHost(
        _ addressing: String, _ endpoint: String?, _ bucket: String, _ expected: String
    ) throws {
        var settings = BucketSettings(endpoint: try endpoint.map { try BucketSettings.endpoint($0) })
        settings.addressing = try #require(BucketSettings.Addressing(rawValue: addressing))
        let address = try BucketAddress(Substring("\(bucket)/a+b/c.onnx"))
        #expect(settings.address(of: address.key, in: address).description == expected)
    }

    @Test(arguments: ["eu.evil.example/", "x@y", "", "EU", "a", "-a-", "eu-west-1#"])
    func aRegionIsNoWayToAnotherHost(_ region: String) {
        #expect(throws: DistributionError.self) { try BucketSettings.region(region) }
    }

    // MARK: - Fetching

    private func fetch(
        _ text: String, from bucket: PretendBucket, _ change: (inout SourceFetcher.Options) -> Void = { _ in }
    ) async throws -> FetchedSource {
        var options = SourceFetcher.Options()
        options.limits.slowBytes = 1
        options.bucket = BucketSettings(
            endpoint: try BucketSettings.endpoint("https://s3.example"), keys: try Self.keys.get())
        change(&options)
        var fetcher = SourceFetcher(home: home.directory, options: options)
        fetcher.pause = { _ in }
        guard case .bucket(let address) = try #require(try ModelSource(text)) else {
            throw DistributionError(.invalid, "no bucket")
        }
        let policy = SourcePolicy(asked: options.bucket.origin(of: address))
        return try await fetcher.fetch(address, options.bucket, over: bucket, policy) { _ in }
    }

    private func files(_ fetched: FetchedSource) throws -> [String] {
        try #require(FileManager.default.enumerator(atPath: fetched.path)).compactMap { $0 as? String }
            .filter { !((try? FileManager.default.contentsOfDirectory(atPath: "\(fetched.path)/\($0)")) != nil) }
            .sorted()
    }

    private static let house: [String: [UInt8]] = [
        "repo/a/1/model.onnx": randomBytes(3000), "repo/a/config.pbtxt": Array("x".utf8), "repo/": [],
        "repo/b/1/m+ö.onnx": randomBytes(2000, seed: 3), "repository.txt": [1], "repo": [2],
    ]

    @Test(arguments: [1, 2, 1000]) func aFolderComesAsItIs(_ page: Int) async throws {
        let bucket = PretendBucket(
            Self.house, signer: RequestSigner(keys: try Self.keys.get(), region: "us-east-1"), page: page)
        let fetched = try await fetch("s3://models/repo/", from: bucket)
        #expect(fetched.isFolder && fetched.path.hasSuffix("/repo") && fetched.files == 3)
        #expect(try files(fetched) == ["a/1/model.onnx", "a/config.pbtxt", "b/1/m+ö.onnx"])
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fetched.path + "/b/1/m+ö.onnx")))
        #expect(bytes == Self.house["repo/b/1/m+ö.onnx"])
        fetched.discard()
        #expect(home.temporaryNames == [])
    }

    @Test func aKeyWithoutASlashIsTheObjectElseTheFolder() async throws {
        let bucket = PretendBucket(Self.house)
        let one = try await fetch("s3://models/repo", from: bucket)
        #expect(!one.isFolder && one.bytes == 1)
        let folder = try await fetch("s3://models/repo/a", from: bucket)
        #expect(folder.isFolder && folder.files == 2)
        #expect(await fault { try await fetch("s3://models/rep", from: bucket) }?.code == .notFound)
    }

    @Test func whoMayReadAndNotListGetsTheObject() async throws {
        let bucket = PretendBucket(Self.house, mayList: false)
        let fetched = try await fetch("s3://models/repo/a/1/model.onnx", from: bucket) {
            $0.digest = Digest(of: Self.house["repo/a/1/model.onnx"] ?? [])
        }
        #expect(fetched.bytes == 3000)
        let error = await fault { try await fetch("s3://models/repo/", from: bucket) }
        #expect(error?.code == .denied && error?.message.contains("AccessDenied") == true)
    }

    @Test func wrongKeysAreDeniedAndNotTold() async throws {
        let bucket = PretendBucket(
            Self.house, signer: RequestSigner(keys: try Self.keys.get(), region: "eu-central-1"))
        let error = await fault { try await fetch("s3://models/repo/", from: bucket) }
        #expect(error?.code == .denied && error?.message.contains("SignatureDoesNotMatch") == true)
        #expect(error?.message.contains("wJalr") == false && error?.message.contains("AKID") == false)
    }

    @Test func aFolderThatBrokeOffIsGoneOnWith() async throws {
        let bucket = PretendBucket(Self.house)
        bucket.server.breakOff(after: [1, 1000, 1000, 0, 0, 0, 0, 0, 0])
        _ = await fault { try await fetch("s3://models/repo/", from: bucket) { $0.limits.attempts = 2 } }
        #expect(home.temporaryNames.count == 1)
        bucket.server.breakOff(after: [])
        let fetched = try await fetch("s3://models/repo/", from: bucket)
        #expect(try files(fetched).count == 3)
        #expect(bucket.server.ranges.contains { $0 != nil })
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fetched.path + "/a/1/model.onnx")))
        #expect(bytes == Self.house["repo/a/1/model.onnx"])
    }

    @Test(arguments: ["f/../../x", "f//x", "f/./x", "f/a\\b", "f/\u{7}x", "f/1/2/3/4/5/6/7/8/9/10/11/12/13"])
    func keysThatAreNoFileNamesAreRefused(_ key: String) async throws {
        let error = await fault { try await fetch("s3://models/f/", from: PretendBucket(["f/ok": [1], key: [1]])) }
        #expect(error?.code == .refused && home.temporaryNames == [], "\(error?.message ?? "nothing")")
    }

    @Test func aFolderThatIsTooLargeIsNotBegun() async throws {
        let bucket = PretendBucket(Self.house)
        let error = await fault { try await fetch("s3://models/repo/", from: bucket) { $0.largest = 4000 } }
        #expect(error?.code == .tooLarge && bucket.server.seen.isEmpty)
    }

    // MARK: - Lists

    private static let entry = "<Contents><Key>a</Key><Size>1</Size><ETag>&quot;t&quot;</ETag></Contents>"

    @Test(arguments: [
        "", "<", "<ListBucketResult>", "<Error/>", "<ListBucketResult/><x/>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult/>",
        "<ListBucketResult>&a;</ListBucketResult>", "<ListBucketResult>&#0;</ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size><ETag>t</ETag></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>99999999999999999999</Size><ETag>t</ETag></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size><ETag>t</ETag></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>1</Size><ETag>a&#10;b</ETag></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size><ETag>t</ETag></Contents></ListBucketResult>",
        String(repeating: "<a>", count: 100_000), "<ListBucketResult a=\"></ListBucketResult>",
    ])
    func whatIsNoListIsRefused(_ text: String) {
        #expect(throws: DistributionError.self) { try BucketListing(Array(text.utf8)) }
    }

    @Test func aListIsRead() throws {
        let text =
            "<?xml version='1.0'?><!-- x --><ListBucketResult xmlns=\"y\">\(Self.entry)<IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>n</NextContinuationToken></ListBucketResult>\n"
        let listing = try BucketListing(Array(text.utf8))
        #expect(listing.next == "n" && listing.entries == [.init(key: "a", size: 1, entityTag: "\"t\"")])
    }

    /// Every beginning of a list, and every list with one byte changed, is read or refused.
    @Test func damagedListsDoNotTrap() {
        let text = Array(
            "<?xml version='1.0'?><ListBucketResult x=\"y\">\(Self.entry)&amp;&#x41;</ListBucketResult>".utf8)
        for count in text.indices { _ = MarkupElement(Array(text[..<count])) }
        var generator = SeededGenerator(7)
        for _ in 0..<2000 {
            var damaged = text
            damaged[Int.random(in: text.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = try? BucketListing(damaged)
        }
    }
}
