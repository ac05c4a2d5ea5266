package import Home
import Tensors
package import Trust

/// A version as the registry knows it.
package struct VersionRecord: Hashable, Sendable {
    package let model: ModelName
    package let number: VersionNumber
    /// The digest of its manifest: what it is, whatever it is called.
    package let digest: Digest
    package let createdAt: Timestamp
    package let note: String
    package let labels: [String: String]
    /// Where it came from, for people.
    package let source: String
    /// Bytes of its blobs without the manifest.
    package let size: Int
    /// When it was removed. Its number stays for ever, its blobs until garbage is collected.
    package let removedAt: Timestamp?
    /// When its blobs were given up; since then it cannot be restored.
    package let reapedAt: Timestamp?

    /// `digits:3`.
    package var reference: Reference { Reference(model: model, selector: .number(number)) }

    /// - Throws: `HomeError.Code.damaged` when the row cannot be a version.
    init(_ row: VersionRow) throws(HomeError) {
        do {
            model = try ModelName(row.model)
            number = try VersionNumber(row.number)
            digest = try Digest(row.manifestDigest)
            labels = try Dictionary(json: JSONValue.parse(Array(row.labels.utf8)))
        } catch {
            throw HomeError(
                .damaged, "the record of version \(row.model):\(row.number) cannot be read: \(error)",
                help: "run 'slipway fsck'")
        }
        createdAt = row.createdAt
        note = row.note
        source = row.source
        size = row.size
        removedAt = row.deletedAt
        reapedAt = row.reapedAt
    }
}
