import Tensors

/// Two versions that are asked what was recorded.
package struct ReplayRequest: Hashable, Sendable {
    /// A version as its files say.
    package struct Side: Hashable, Sendable {
        /// The model's file.
        package var path: String
        /// The package's description, `slipway.json`, as text.
        package var description: String

        package init(path: String, description: String) {
            self.path = path
            self.description = description
        }
    }

    package var base: Side
    package var candidate: Side
    /// Files of recorded requests; the newest first.
    package var files: [String]
    /// Requests that are asked again, at most.
    package var most: Int
    /// Within which share numbers are the same.
    package var tolerance: Double
    /// Inputs that were left out when the requests were recorded: zeros, or empty texts, take their places.
    package var without: [String]

    package init(
        base: Side, candidate: Side, files: [String], most: Int = 10_000, tolerance: Double = 0.01,
        without: [String] = []
    ) {
        self.base = base
        self.candidate = candidate
        self.files = files
        self.most = most
        self.tolerance = tolerance
        self.without = without
    }
}

extension ReplayRequest {
    /// Without the files, which travel as arguments of their own.
    var json: JSONValue {
        func side(_ side: Side) -> JSONValue {
            .object([("path", .string(side.path)), ("description", .string(side.description))])
        }
        return .object([
            ("base", side(base)), ("candidate", side(candidate)), ("most", .integer(most)),
            ("tolerance", .number(tolerance)), ("without", .array(without.map { .string($0) })),
        ])
    }

    init?(_ text: String, files: [String]) {
        func side(_ json: JSONValue?) -> Side? {
            guard let path = json?["path"]?.stringValue, let description = json?["description"]?.stringValue else {
                return nil
            }
            return Side(path: path, description: description)
        }
        guard let json = try? JSONValue.parse(Array(text.utf8)), let base = side(json["base"]),
            let candidate = side(json["candidate"]), let most = json["most"]?.intValue, most > 0,
            let tolerance = json["tolerance"]?.doubleValue
        else { return nil }
        self.init(
            base: base, candidate: candidate, files: files, most: most, tolerance: tolerance,
            without: json["without"]?.arrayValue?.compactMap(\.stringValue) ?? [])
    }
}
