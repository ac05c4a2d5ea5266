import Glibc
import Tensors
package import Trust

/// What an image holds, for those who have to know: a software bill of materials.
///
/// Source: SPDX Specification 2.3, "Package Information".
package struct SoftwareList {
    /// One thing in the image.
    package struct Item: Hashable {
        package var name: String
        package var version: String
        /// Of its file; `nil` for what is built into another thing of the list.
        package var digest: Digest?
        package var license: String
        /// Where its source is, as SPDX writes it.
        package var place = "NOASSERTION"

        package init(name: String, version: String, digest: Digest?, license: String = "NOASSERTION") {
            self.name = name
            self.version = version
            self.digest = digest
            self.license = license
        }
    }

    /// What the list is about, such as `digits:3`.
    package var subject: String
    package var items: [Item]
    /// The program that writes the list: `slipway 0.4.0`.
    package var tool: String

    package init(subject: String, items: [Item], tool: String) {
        self.subject = subject
        self.items = items
        self.tool = tool
    }

    /// The document. It tells no time of its making, so that equal images are equal: `created` is the Unix epoch.
    package var document: [UInt8] {
        let packages = items.enumerated().map { index, item in
            var members: [(String, JSONValue)] = [
                ("SPDXID", .string("SPDXRef-Package-\(index + 1)")), ("name", .string(item.name)),
                ("versionInfo", .string(item.version)), ("downloadLocation", .string(item.place)),
                ("filesAnalyzed", false), ("licenseConcluded", "NOASSERTION"),
                ("licenseDeclared", .string(item.license)), ("copyrightText", "NOASSERTION"),
            ]
            if let digest = item.digest {
                members.append(
                    (
                        "checksums",
                        .array([.object([("algorithm", "SHA256"), ("checksumValue", .string(digest.hex))])])
                    ))
            }
            return JSONValue.object(members)
        }
        let relations = items.indices.map { index in
            JSONValue.object([
                ("spdxElementId", "SPDXRef-DOCUMENT"), ("relationshipType", "DESCRIBES"),
                ("relatedSpdxElement", .string("SPDXRef-Package-\(index + 1)")),
            ])
        }
        let identity = Digest(
            of: Array(items.map { "\($0.name) \($0.version) \($0.digest?.hex ?? "")" }.joined(separator: "\n").utf8))
        return JSONValue.object([
            ("spdxVersion", "SPDX-2.3"), ("dataLicense", "CC0-1.0"), ("SPDXID", "SPDXRef-DOCUMENT"),
            ("name", .string(subject)), ("documentNamespace", .string("urn:slipway:image:\(identity.hex)")),
            (
                "creationInfo",
                .object([
                    ("created", "1970-01-01T00:00:00Z"), ("creators", .array([.string("Tool: \(tool)")])),
                ])
            ),
            ("packages", .array(packages)), ("relationships", .array(relations)),
        ]).encoded()
    }

    /// The digest of a file of this machine.
    ///
    /// - Throws: `PlatformError.Code.missing` or `.io`.
    package static func digest(of path: String) throws(PlatformError) -> Digest {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PlatformError.system("open", path) }
        defer { close(descriptor) }
        do {
            return try Digest.ofFile(descriptor: descriptor).digest
        } catch {
            throw PlatformError(.io, "'\(path)': \(error)")
        }
    }
}
