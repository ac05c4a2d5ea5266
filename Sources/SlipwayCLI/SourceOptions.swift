import ArgumentParser
import Distribution
import Glibc
import Registry
import Trust

/// How a source on other machines is spoken to.
struct SourceOptions: ParsableArguments {
    @Option(
        name: .customLong("sha256"),
        help: ArgumentHelp("The digest that the file must have: 64 hexadecimal digits.", valueName: "hex"))
    var digest: String?

    @Option(help: ArgumentHelp("The most that is fetched, such as 500MB (default: 64GB).", valueName: "size"))
    var maxSize: String?

    @Flag(help: "Speak to machines of private networks, too.")
    var allowPrivate = false

    @Option(
        name: .customLong("s3-endpoint"),
        help: ArgumentHelp(
            "A server that speaks S3 (default: AWS_ENDPOINT_URL, else Amazon's).", valueName: "address"))
    var endpoint: String?

    @Option(
        name: .customLong("s3-region"),
        help: ArgumentHelp(
            "The bucket's region (default: AWS_REGION, the profile's, else us-east-1).", valueName: "name")
    )
    var region: String?

    @Option(
        name: .customLong("s3-profile"),
        help: ArgumentHelp(
            "The profile of ~/.aws/credentials (default: the variables' keys, AWS_PROFILE, else default).",
            valueName: "name"))
    var profile: String?

    @Option(
        name: .customLong("s3-addressing"),
        help: "How the bucket is named in requests: auto, path or virtual.")
    var addressing = BucketSettings.Addressing.auto

    @Flag(help: "Ask for what is in a bucket without credentials.")
    var anonymous = false

    func validate() throws {
        if let maxSize, Quantity.parseBytes(maxSize) ?? 0 <= 0 {
            throw ValidationError("--max-size is a size such as 500MB or 4GB, found '\(maxSize.prefix(40))'")
        }
        if let digest, Digest(hex: digest.lowercased()) == nil {
            throw ValidationError("--sha256 takes 64 hexadecimal digits, found '\(digest.prefix(80))'")
        }
        if anonymous, profile != nil { throw ValidationError("--anonymous and --s3-profile exclude each other") }
    }

    /// Files of this machine take none of these.
    func checkUnused() throws {
        guard digest == nil, maxSize == nil, endpoint == nil, region == nil, profile == nil, !anonymous, !allowPrivate
        else {
            throw ValidationError(
                "--sha256, --max-size, --allow-private, --anonymous and --s3-… go with an address: https:// or s3://")
        }
    }

    /// What the fetcher has to know. Keys are read only where a bucket is asked.
    func options(forBucket isBucket: Bool, _ remote: RemoteOptions) throws -> SourceFetcher.Options {
        var options = SourceFetcher.Options()
        options.digest = digest.flatMap { Digest(hex: $0.lowercased()) }
        if let maxSize, let bytes = Quantity.parseBytes(maxSize) { options.largest = bytes }
        options.allowsPrivate = allowPrivate
        options.plainHTTP = remote.plainHttp
        options.authorities = try remote.authorities()
        if isBucket { options.bucket = try bucketSettings() }
        return options
    }

    private func bucketSettings() throws -> BucketSettings {
        let places = ProfileFile.places(Terminal.environment)
        let (keys, settings) = (try Self.file(places.keys), try Self.file(places.settings))
        let name = profile ?? Terminal.environment("AWS_PROFILE") ?? "default"
        if profile != nil, keys?.has(name) != true, settings?.has(name) != true {
            throw Failure(
                6301, .usage, "there is no profile '\(name)'",
                help: "profiles are those of \(places.keys ?? "~/.aws/credentials")")
        }
        var result = BucketSettings()
        let regions = [
            region, Terminal.environment("AWS_REGION"), Terminal.environment("AWS_DEFAULT_REGION"),
            settings?.region(of: name), keys?.region(of: name),
        ]
        if let named = regions.lazy.compactMap(\.self).first { result.region = try BucketSettings.region(named) }
        let endpoints = [
            endpoint, Terminal.environment("AWS_ENDPOINT_URL_S3"), Terminal.environment("AWS_ENDPOINT_URL"),
            settings?.endpoint(of: name),
        ]
        if let named = endpoints.lazy.compactMap(\.self).first { result.endpoint = try BucketSettings.endpoint(named) }
        result.addressing = addressing
        if !anonymous { result.keys = try bucketKeys(name, keys, settings) }
        return result
    }

    private func bucketKeys(_ name: String, _ keys: ProfileFile?, _ settings: ProfileFile?) throws -> BucketKeys? {
        if profile == nil, let found = try BucketKeys.environment(Terminal.environment) { return found }
        return try keys?.keys(of: name) ?? settings?.keys(of: name)
    }

    private static func file(_ path: String?) throws -> ProfileFile? {
        guard let path, access(path, R_OK) == 0 else { return nil }
        do {
            return try ProfileFile(parsing: try JSONFile.bytes(path))
        } catch let error as DistributionError {
            throw Failure(6301, .usage, "'\(path)': \(error.message)", help: error.help)
        }
    }
}

extension BucketSettings.Addressing: ExpressibleByArgument {}
