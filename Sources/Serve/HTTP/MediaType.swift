/// A media type with its parameters, such as `text/csv; header=present`.
///
/// Source: RFC 9110 section 8.3.1; RFC 4180 section 3 for `header`.
struct MediaType {
    /// In lower case, without parameters.
    let name: String
    /// In lower case but for the values.
    let parameters: [(name: String, value: String)]

    init(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        name = parts.first.map { Self.text($0).lowercased() } ?? ""
        parameters = parts.dropFirst().compactMap { part in
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
            guard pair.count == 2 else { return nil }
            var value = Self.text(pair[1])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                value = String(value.dropFirst().dropLast())
            }
            return (Self.text(pair[0]).lowercased(), value)
        }
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        let start = bytes.drop(while: isBlank)
        return String(decoding: Array(start.reversed().drop(while: isBlank)).reversed(), as: UTF8.self)
    }

    subscript(parameter: String) -> String? { parameters.first { $0.name == parameter }?.value }
}

/// What the body of an inference request is.
enum BodyFormat: Equatable {
    /// JSON, or whatever the headers of the Open Inference Protocol say.
    case json
    /// Whether there is a header row; `nil` when the body has to be looked at.
    case csv(hasHeader: Bool?)
    case npy
    /// One encoded image.
    case image
    /// A row of JSON on each line.
    case lines
    /// JSON followed by tensors, as platforms write it that drop headers they do not know.
    case binary(headerLength: Int, EnvelopedBinary)

    /// What a route's request may say its body is. Forms are what curl says by itself; other types that a page can send
    /// without the browser asking first are refused.
    ///
    /// - Throws: `RequestFault.Code.unsupportedMediaType`.
    init(_ contentType: String?, for action: Route.Action) throws(RequestFault) {
        guard let contentType, !contentType.isEmpty, !Self.isJSON(contentType) else {
            self = .json
            return
        }
        let type = MediaType(contentType)
        switch type.name {
        case "text/csv" where action.takesTables: self = .csv(hasHeader: try Self.hasHeader(type))
        case "application/x-npy" where action == .invocations: self = .npy
        case "image/jpeg" where action.takesTables, "image/png" where action.takesTables: self = .image
        case _ where action == .invocations && JSONLines.isNamed(type.name): self = .lines
        default:
            guard action == .invocations, let envelope = EnvelopedBinary(rawValue: type.name) else {
                throw RequestFault(.unsupportedMediaType, "expected a body of \(Self.expected(action))")
            }
            guard let length = type["json-header-size"].flatMap({ ASCII.digits($0.utf8) }) else {
                throw RequestFault(
                    .unsupportedMediaType, "the media type '\(type.name)' needs one whole number as json-header-size")
            }
            self = .binary(headerLength: length, envelope)
        }
    }

    private static func isJSON(_ contentType: String) -> Bool {
        if ASCII.equals(contentType, "application/json") || ASCII.equals(contentType, "application/octet-stream") {
            return true
        }
        let type = ASCII.trimmed(contentType.utf8.prefix { $0 != UInt8(ascii: ";") })
        return ASCII.equals(type, "application/json") || ASCII.equals(type, "application/octet-stream")
            || ASCII.equals(type, "application/x-www-form-urlencoded")
    }

    private static func hasHeader(_ type: MediaType) throws(RequestFault) -> Bool? {
        switch type["header"]?.lowercased() {
        case nil: return nil
        case "present": return true
        case "absent": return false
        default:
            throw RequestFault(.unsupportedMediaType, "the parameter 'header' of text/csv is 'present' or 'absent'")
        }
    }

    private static func expected(_ action: Route.Action) -> String {
        if action == .invocations {
            return
                "application/json, application/jsonlines, text/csv, application/x-npy, image/jpeg, image/png, or JSON and "
                + "binary tensors as \(EnvelopedBinary.sageMaker.rawValue)"
        }
        return action.takesTables
            ? "application/json, application/octet-stream, text/csv, image/jpeg or image/png"
            : "application/json or application/octet-stream"
    }
}

/// A row of JSON on each line. Source: Amazon SageMaker, "Common Data Formats"; jsonlines.org; `application/x-ndjson`.
enum JSONLines {
    static func isNamed(_ type: String) -> Bool {
        ["application/jsonlines", "application/x-jsonlines", "application/jsonl", "application/x-ndjson"].contains(type)
    }
}

/// Media types that say how many bytes of JSON precede binary tensors. Source: Triton, SageMaker and Vertex AI servers.
enum EnvelopedBinary: String {
    case sageMaker = "application/vnd.sagemaker-triton.binary+json"
    case vertex = "application/vnd.vertex-ai-triton.binary+json"
}

extension Route.Action {
    /// Whether a table in CSV, or an image, can be its body.
    fileprivate var takesTables: Bool { self == .infer || self == .predict || self == .invocations }
}
