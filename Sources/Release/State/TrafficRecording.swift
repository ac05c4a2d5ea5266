package import Tensors

/// Which requests of an endpoint are kept, to be asked again: their inputs, never who asked.
package struct TrafficRecording: Hashable, Sendable {
    /// Of the requests that are answered well.
    package var share: Share
    /// How long they are kept.
    package var keep: TimeSpan
    /// Bytes that they may take in all; the oldest go first.
    package var bytes: Int
    /// Inputs that are left out.
    package var without: [String]
    /// Inputs of texts that are replaced by a hash: equal ones stay equal.
    package var hashed: [String]

    package static let usualBytes = 64_000_000
    package static let byteRange = 1_000_000...100_000_000_000
    private static let mostNames = 256

    package init(
        share: Share, keep: TimeSpan, bytes: Int = usualBytes, without: [String] = [], hashed: [String] = []
    ) {
        self.share = share
        self.keep = keep
        self.bytes = bytes
        self.without = without
        self.hashed = hashed
    }

    /// A week.
    package static func usualTime() throws(ReleaseError) -> TimeSpan { try TimeSpan("7d") }

    /// - Throws: `ReleaseError.Code.invalid`.
    package func validate() throws(ReleaseError) {
        guard share.basisPoints > 0 else {
            throw ReleaseError(.invalid, "recording: the share is above 0%", help: "leave it out to record nothing")
        }
        guard Self.byteRange.contains(bytes) else {
            throw ReleaseError(.invalid, "recording: from 1 MB to 100 GB are kept, found \(bytes) bytes")
        }
        guard without.count + hashed.count <= Self.mostNames else {
            throw ReleaseError(.invalid, "recording: at most \(Self.mostNames) inputs are named")
        }
        if let both = without.first(where: hashed.contains) {
            throw ReleaseError(.invalid, "recording: input '\(both.prefix(64))' is both left out and hashed")
        }
    }
}

extension TrafficRecording: CustomStringConvertible {
    /// As plans and histories show it.
    package var description: String {
        var words = "\(share) of the requests, \(keep), \(bytes) bytes"
        if !without.isEmpty { words += ", without \(without.joined(separator: ", "))" }
        if !hashed.isEmpty { words += ", hashed: \(hashed.joined(separator: ", "))" }
        return words
    }
}

extension TrafficRecording {
    package var json: JSONValue {
        func names(_ names: [String]) -> JSONValue? { names.isEmpty ? nil : .array(names.map { .string($0) }) }
        return .present([
            ("share", .string(share.description)), ("keep", .string(keep.description)), ("bytes", .integer(bytes)),
            ("without", names(without)), ("hashed", names(hashed)),
        ])
    }

    /// - Throws: `ReleaseError.Code.malformed` for another shape.
    package init(json: JSONValue) throws(ReleaseError) {
        let fields = try JSONFields(json, "recording", known: ["share", "keep", "bytes", "without", "hashed"])
        func names(_ key: String) throws(ReleaseError) -> [String] {
            var names: [String] = []
            for name in try fields.arrayIfPresent(key) {
                guard let name = name.stringValue else { throw JSONFields.malformed("recording.\(key)", "names") }
                names.append(name)
            }
            return names
        }
        var keep = try Self.usualTime()
        if let text = try fields.stringIfPresent("keep") { keep = try TimeSpan(text) }
        self.init(
            share: try Share(fields.string("share")), keep: keep,
            bytes: try fields.intIfPresent("bytes") ?? Self.usualBytes, without: try names("without"),
            hashed: try names("hashed"))
    }
}
