/// What a bucket holds beneath a prefix: one page of it.
///
/// Source: Amazon S3 API Reference, ListObjectsV2.
struct BucketListing: Hashable, Sendable {
    /// An object.
    struct Entry: Hashable, Sendable {
        var key: String
        var size: Int
        /// With its quotation marks, as `If-Match` takes it.
        var entityTag: String
    }

    static let largestPage = 16 << 20

    var entries: [Entry] = []
    /// Asks for the next page; `nil` on the last.
    var next: String?

    /// Reads a page that was asked for with `encoding-type=url`.
    ///
    /// - Throws: `DistributionError.Code.damaged`, with what is missing.
    init(_ bytes: [UInt8]) throws(DistributionError) {
        guard let root = MarkupElement(bytes), root.name == "ListBucketResult" else {
            throw Self.damaged("it is no list of objects")
        }
        let isEncoded = root["EncodingType"]?.text == "url"
        for element in root.children where element.name == "Contents" {
            guard let written = element["Key"]?.text,
                let key = isEncoded ? SourcePath.percentDecoded(written, plusIsSpace: true) : written,
                let size = element["Size"].flatMap({ Int($0.text) }), size >= 0,
                let tag = element["ETag"]?.text, Self.isTag(tag)
            else { throw Self.damaged("an object has no key, no size or no tag") }
            entries.append(Entry(key: key, size: size, entityTag: tag.hasPrefix("\"") ? tag : "\"\(tag)\""))
        }
        guard root["IsTruncated"]?.text == "true" else { return }
        guard let token = root["NextContinuationToken"]?.text, !token.isEmpty, token.utf8.count <= 4096 else {
            throw Self.damaged("it goes on and does not say how")
        }
        next = token
    }

    private static func isTag(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 512 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }

    private static func damaged(_ reason: String) -> DistributionError {
        DistributionError(
            .damaged, "the bucket's list of objects cannot be read: \(reason)",
            help: "is this the address of an S3 server?")
    }
}

/// Why a bucket refuses. Source: Amazon S3 API Reference, "Error responses".
struct BucketFault: Hashable, Sendable {
    var code: String
    var message: String
    /// The region that the bucket is in, where another was asked.
    var region: String?

    /// - Returns: `nil` for bytes that are no such document.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= 64 << 10, let root = MarkupElement(bytes), root.name == "Error",
            let code = root["Code"]?.text
        else { return nil }
        self.code = code
        message = root["Message"]?.text ?? ""
        region = root["Region"]?.text
    }

    var text: String { SafeText.short(message.isEmpty ? code : "\(code): \(message)") }
}
