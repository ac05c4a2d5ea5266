/// Which version of a domain's operators a model or function is written in.
///
/// Source: `onnx.proto`, `OperatorSetIdProto`.
package struct OpsetImport: Hashable, Sendable {
    /// Empty for ONNX's own operators; `ai.onnx` means the same.
    package var domain = ""
    package var version: Int64 = 0
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ version: Int64, domain: String = "") {
        self.domain = domain
        self.version = version
    }
}

extension OpsetImport: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: domain = try reader.string(field)
        case 2: version = try reader.int64(field)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.string(1, domain)
        writer.int64(2, version)
    }
}

/// The one spelling of a domain: ONNX's own has two.
func canonicalDomain(_ domain: String) -> String {
    domain == "ai.onnx" ? "" : domain
}

extension Sequence<OpsetImport> {
    /// The imported version of a domain, or `nil` when it is not imported.
    package func version(of domain: String) -> Int64? {
        let wanted = canonicalDomain(domain)
        return first { canonicalDomain($0.domain) == wanted }?.version
    }
}
