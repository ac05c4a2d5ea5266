package import Tensors

/// What Slipway knows of a version beyond its files, stored in the package as `slipway.json`.
///
/// A file of its own, because ModelPack's configuration admits no members but its own.
package struct PackageDescription: Hashable, Sendable {
    package var signature: Signature
    /// Declared pre- and post-processing, as its owner writes it.
    package var processing: JSONValue?
    package var labels: [String: String]

    /// Its path within every package.
    package static let path = "slipway.json"
    /// The largest that is read.
    static let largest = 16 << 20
    private static let format = 1

    package init(signature: Signature, processing: JSONValue? = nil, labels: [String: String] = [:]) {
        self.signature = signature
        self.processing = processing
        self.labels = labels
    }

    /// Its bytes; equal descriptions give equal bytes.
    package func encoded() -> [UInt8] {
        JSONValue.object([
            ("format", .integer(Self.format)), ("labels", labels.json), ("processing", processing ?? .null),
            ("signature", signature.json),
        ]).encoded(sortedKeys: true)
    }

    /// Reads what `encoded` writes.
    ///
    /// - Throws: `RegistryError.Code.invalid`, naming the member that is wrong.
    package init(parsing bytes: [UInt8]) throws(RegistryError) {
        let json: JSONValue
        do {
            json = try JSONValue.parse(bytes)
        } catch {
            throw RegistryError(.invalid, "\(Self.path) is not valid JSON: \(error.message)")
        }
        guard json["format"]?.intValue == Self.format, let signature = json["signature"] else {
            throw RegistryError(
                .invalid, "\(Self.path) has no format \(Self.format) with a signature",
                help: "it was written by a later slipway: use that one")
        }
        // A bare nil would be the JSON null.
        let processing = json["processing"].flatMap { $0.isNull ? JSONValue?.none : $0 }
        self.init(
            signature: try Signature(json: signature), processing: processing,
            labels: try Dictionary(json: json["labels"] ?? [:]))
    }
}

extension [String: String] {
    /// An object with sorted keys.
    package var json: JSONValue { .object(sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }) }

    /// Reads an object whose members are all strings.
    ///
    /// - Throws: `RegistryError.Code.invalid`.
    package init(json: JSONValue) throws(RegistryError) {
        guard let members = json.objectValue else { throw RegistryError(.invalid, "labels are no object") }
        self.init()
        for member in members {
            guard let text = member.value.stringValue else {
                throw RegistryError(.invalid, "the label '\(member.key.prefix(80))' is no string")
            }
            self[member.key] = text
        }
    }
}
