/// Where the data of an external tensor is: a file beside the model, and a part of it.
///
/// Source: `onnx.proto`, `TensorProto.external_data`.
package struct ExternalReference: Hashable, Sendable {
    /// The folders on the way and the file's name: plain names, at least one.
    package let path: [String]
    /// Bytes before the data.
    package let offset: Int
    /// Bytes of data; up to the file's end when it is not said.
    package let length: Int?
    /// SHA-1 of the whole file in hexadecimal, where the writer gave it.
    package let checksum: String?

    /// The path as it stands in the model.
    package var location: String { path.joined(separator: "/") }

    /// - Throws: `Problem.Code.externalDataEscape` for a path that could leave the model's folder, `.externalData` for
    ///   anything else that cannot be understood. Unknown keys are refused: another reader might obey them.
    init(_ entries: [StringEntry]) throws(LayoutFault) {
        var values: [String: String] = [:]
        for entry in entries {
            guard ["location", "offset", "length", "checksum"].contains(entry.key) else {
                throw LayoutFault(.externalData, "external data has unknown key \(entry.key.quoted)")
            }
            guard values.updateValue(entry.value, forKey: entry.key) == nil else {
                throw LayoutFault(.externalData, "external data has key \(entry.key.quoted) twice")
            }
        }
        guard let location = values["location"] else {
            throw LayoutFault(.externalData, "external data has no location")
        }
        path = try Self.plainPath(location)
        offset = try Self.number(values["offset"], "offset") ?? 0
        length = try Self.number(values["length"], "length")
        checksum = values["checksum"]
        guard !offset.addingReportingOverflow(length ?? 0).overflow else {
            throw LayoutFault(.externalData, "external data ends beyond 64 bits")
        }
    }

    /// Whether this is a relative path of plain names, which cannot lead out of a folder.
    package static func isPlain(_ location: String) -> Bool { (try? plainPath(location)) != nil }

    /// The components of a relative path of plain names: nothing that any system could take for a way out.
    private static func plainPath(_ location: String) throws(LayoutFault) -> [String] {
        let components = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isPlain = components.allSatisfy { name in
            !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
                && !name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f || $0 == "\\" || $0 == ":" }
        }
        guard isPlain, components.count <= 16 else {
            throw LayoutFault(
                .externalDataEscape,
                "external data at \(location.quoted); expected a relative path of plain names below the model's folder")
        }
        return components
    }

    private static func number(_ text: String?, _ key: String) throws(LayoutFault) -> Int? {
        guard let text else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text) else {
            throw LayoutFault(.externalData, "external data has \(key) \(text.quoted); expected a whole number")
        }
        return value
    }
}

extension TensorValue {
    /// Where the elements are, when they are in another file.
    ///
    /// - Throws: `GraphError.Code.externalData` when the entries cannot be trusted.
    package var externalReference: ExternalReference? {
        get throws(GraphError) {
            guard case .external(let entries) = elements else { return nil }
            do {
                return try ExternalReference(entries)
            } catch {
                throw GraphError(.externalData, error.message, at: Place(.initializer(name)))
            }
        }
    }
}
