package import Registry
import Release
package import Tensors

/// What an endpoint follows: the version that an alias names, or the newest model of a folder.
package struct Following: Hashable, Sendable {
    /// Where the next version comes from.
    package enum Source: Hashable, Sendable {
        case alias(ModelName, AliasName)
        case folder(FollowedFolder)
    }

    /// Where the next version comes from.
    package var source: Source
    /// What an evaluation has to say before a version comes to its traffic; `nil` for nothing.
    package var gate: EvaluationGate?

    /// For people, and to notice that a file says something else than before.
    package var description: String {
        switch source {
        case .alias(let model, let name): "\(model)@\(name)"
        case .folder(let folder): folder.path
        }
    }

    private static let members: Set<String> = ["alias", "directory", "model", "processing", "shape", "evaluation"]

    /// - Parameters:
    ///   - place: where in the file it stands.
    ///   - base: the folder that paths are relative to.
    /// - Throws: `ReleaseError.Code.invalid` and `RegistryError.Code.invalid`.
    init(json: JSONValue, place: String, base: String) throws {
        let fields = try Fields(json, place: place, known: Self.members)
        gate = try json["evaluation"].map { try EvaluationGate(json: $0, place: "\(place).evaluation", base: base) }
        switch (try fields.text("alias"), try fields.text("directory")) {
        case (let alias?, nil):
            guard json["model"] == nil, json["processing"] == nil, json["shape"] == nil else {
                throw ReleaseError(.invalid, "\(place): 'model', 'processing' and 'shape' go with 'directory'")
            }
            let reference = try Reference(alias)
            guard case .alias(let name) = reference.selector else {
                throw ReleaseError(
                    .invalid, "\(place).alias: expected an alias, found '\(reference)'",
                    help: "write NAME@ALIAS, such as digits@staging")
            }
            source = .alias(reference.model, name)
        case (nil, let path?):
            guard let model = try fields.text("model") else {
                throw ReleaseError(
                    .invalid, "\(place): 'model' is missing: what the files become versions of",
                    help: "write it beside 'directory': \"model\": \"digits\"")
            }
            source = .folder(
                FollowedFolder(
                    path: Self.path(path, base), model: try ModelName(model),
                    processing: try fields.text("processing").map { Self.path($0, base) },
                    shapes: try fields.texts("shape")))
        case (nil, nil), (_?, _?):
            throw ReleaseError(.invalid, "\(place): expected either 'alias' or 'directory'")
        }
    }

    fileprivate static func path(_ path: String, _ base: String) -> String {
        path.hasPrefix("/") || base.isEmpty ? path : "\(base)/\(path)"
    }
}

/// A folder whose newest model is served.
package struct FollowedFolder: Hashable, Sendable {
    package var path: String
    /// What its files become versions of.
    package var model: ModelName
    /// A JSON file that declares pre- and post-processing.
    package var processing: String?
    /// Sizes of the inputs of TorchScript programs, which do not say them: `N,1,28,28`, one for each input.
    package var shapes: [String] = []
}

/// What an evaluation has to say of a version before it comes to its traffic.
package struct EvaluationGate: Hashable, Sendable {
    /// A bound of one measure.
    package struct Bound: Hashable, Sendable {
        package var measure: String
        package var limit: Double
        /// Whether the measure may not be above it, rather than not below.
        package var isUpper: Bool
    }

    /// Rows with known answers; `nil` for the set that is kept with the version.
    package var data: String?
    /// The array or column that holds the answers; `nil` for what is found.
    package var answers: String?
    package var bounds: [Bound]

    init(json: JSONValue, place: String, base: String) throws {
        let fields = try Fields(json, place: place, known: ["data", "answers", "atLeast", "atMost"])
        data = try fields.text("data").map { Following.path($0, base) }
        answers = try fields.text("answers")
        bounds = []
        for (key, isUpper) in [("atLeast", false), ("atMost", true)] {
            guard let value = json[key] else { continue }
            let what = "\(place).\(key): expected an object of numbers, such as {\"accuracy\": 0.95}"
            guard let members = value.objectValue else { throw ReleaseError(.invalid, what) }
            for member in members {
                guard let limit = member.value.doubleValue, limit.isFinite else { throw ReleaseError(.invalid, what) }
                bounds.append(Bound(measure: member.key, limit: limit, isUpper: isUpper))
            }
        }
        guard !bounds.isEmpty else {
            throw ReleaseError(
                .invalid, "\(place): there is no bound", help: "write one: \"atLeast\": {\"accuracy\": 0.95}")
        }
    }

    /// Why a version does not pass; `nil` where it does.
    ///
    /// - Parameter measures: an evaluation's, by name.
    package func objection(to measures: JSONValue) -> String? {
        for bound in bounds {
            guard let value = measures[bound.measure]?.doubleValue else {
                return "the evaluation has no measure '\(bound.measure.prefix(40))'"
            }
            // What is no number is within no bound.
            let holds = bound.isUpper ? value <= bound.limit : value >= bound.limit
            guard holds else {
                return
                    "\(bound.measure) is \(value), and at \(bound.isUpper ? "most" : "least") \(bound.limit) is asked for"
            }
        }
        return nil
    }
}

/// The members of an object that a person wrote.
struct Fields {
    private let json: JSONValue
    private let place: String

    /// - Throws: `ReleaseError.Code.invalid` for what is no object, or has a member that nobody knows.
    init(_ json: JSONValue, place: String, known: Set<String>) throws(ReleaseError) {
        guard let members = json.objectValue else { throw ReleaseError(.invalid, "\(place): expected an object") }
        if let stranger = members.first(where: { !known.contains($0.key) }) {
            throw ReleaseError(
                .invalid, "\(place): there is no member '\(stranger.key.prefix(40))'",
                help: "known are \(known.sorted().joined(separator: ", "))")
        }
        (self.json, self.place) = (json, place)
    }

    /// A text; `nil` where the member is missing.
    func text(_ key: String) throws(ReleaseError) -> String? {
        guard let value = json[key] else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            throw ReleaseError(.invalid, "\(place).\(key): expected text")
        }
        return text
    }

    /// A text or a list of them; none where the member is missing.
    func texts(_ key: String) throws(ReleaseError) -> [String] {
        guard let items = json[key]?.arrayValue else { return try text(key).map { [$0] } ?? [] }
        let texts = items.compactMap(\.stringValue).filter { !$0.isEmpty }
        guard texts.count == items.count else {
            throw ReleaseError(.invalid, "\(place).\(key): expected a list of texts")
        }
        return texts
    }
}
