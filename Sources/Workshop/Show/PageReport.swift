import ModelGraph
import Tensors
import Trust

/// The page of `show --graph`, made by the limited child.
package enum PageReport {
    /// - Parameters:
    ///   - sizes: what to assume where the model leaves sizes open.
    ///   - title: what the page calls the model.
    ///   - output: takes the page; false when it could not be written.
    static func write(
        path: String, sizes: OpenSizes, title: String, fileBytes: Int, output: ([UInt8]) -> Bool
    ) throws -> JSONValue {
        let model = try Inspection.validated(path)
        let page = GraphPage(
            model: model, costs: model.costs(sizes.options), title: title, fileBytes: fileBytes,
            scriptSource: scriptSource)
        let bytes = Array(page.html().utf8)
        guard output(bytes) else { throw WorkshopError(.limit, "the page could not be handed over") }
        return .object([("bytes", .integer(bytes.count)), ("nodes", .integer(model.graph.nodes.count))])
    }

    private static var scriptSource: String { policySource(of: PageScript.text) }

    /// How a policy names a script or a style sheet by what is in it.
    ///
    /// Source: Content Security Policy Level 3, 2.3.1: `'sha256-` and base64.
    package static func policySource(of text: String) -> String {
        "'sha256-\(base64(Digest(of: Array(text.utf8)).hex))'"
    }

    private static func base64(_ hex: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        // Three hexadecimal digits are twelve bits are two letters; 64 digits leave one over.
        let digits = hex.compactMap(\.hexDigitValue)
        var text = ""
        for start in stride(from: 0, to: digits.count, by: 3) {
            let part = digits[start..<min(start + 3, digits.count)]
            let bits = part.reduce(0) { $0 << 4 | $1 } << (4 * (3 - part.count))
            text.append(alphabet[bits >> 6])
            if part.count > 1 { text.append(alphabet[bits & 63]) }
        }
        return text + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }
}
