import Control
import Tensors

/// What a server says once it answers.
enum ReadyText {
    static func lines(_ ready: Server.Ready) -> [String] { lines(ready.json) }

    static func lines(_ ready: JSONValue) -> [String] {
        let data = ready["data"]?.stringValue ?? "?"
        let control = ready["control"]?.stringValue ?? "?"
        let scheme = ready["tls"]?.boolValue == true ? "https" : "http"
        var lines = ["slipway \(Version.text) is ready on \(scheme)://\(data), console on http://\(control)"]
        let endpoints = ready["endpoints"]?.arrayValue ?? []
        lines += endpoints.map { "  \($0["endpoint"]?.stringValue ?? "?"): \($0["traffic"]?.stringValue ?? "?")" }
        let listed = FollowText.standing(ready["list"], of: nil)
        lines += listed.map { "  \(InertText.line($0))" }
        if endpoints.isEmpty, listed.isEmpty {
            lines.append("  nothing is deployed yet: slipway import FILE, then slipway deploy NAME:1")
        }
        lines += (ready["warnings"]?.arrayValue ?? []).compactMap(\.stringValue).map {
            "\(Paint.yellow("warning")): \($0)"
        }
        return lines
    }
}

/// A line for a shell that calls an endpoint, and works as pasted.
enum CurlLine {
    private static let mostElements = 4096

    /// - Parameter server: address and scheme.
    static func text(endpoint: String, server: String, signature: Signature) -> String {
        let inputs = signature.inputs.map { spec -> JSONValue in
            let shape = (spec.dimensions ?? [.fixed(1)]).map { $0.size ?? 1 }
            let count = shape.reduce(1) { count, size in
                let (product, overflow) = count.multipliedReportingOverflow(by: size)
                return overflow ? mostElements : min(mostElements, product)
            }
            return .object([
                ("name", .string(spec.name)), ("datatype", .string(spec.elementType.displayName)),
                ("shape", .array(shape.map(JSONValue.integer))),
                ("data", .array((0..<max(0, count)).map { _ in value(spec.elementType) })),
            ])
        }
        // A quote in a tensor's name must not end the shell's.
        let body = JSONValue.object([("inputs", .array(inputs))]).encodedString().replacing("'", with: "'\\''")
        return "curl -s \(server)/v2/models/\(endpoint)/infer -d '\(body)'"
    }

    private static func value(_ type: ElementType) -> JSONValue {
        switch type {
        case .string: "text"
        case .bool: true
        default: 0
        }
    }
}
