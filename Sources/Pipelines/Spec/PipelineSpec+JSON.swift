package import Tensors

/// The JSON form:
///
/// ```json
/// {"inputs": ["pixels"],
///  "steps": [{"name": "small", "model": "digits:1", "inputs": {"pixels": "pixels"}},
///            {"name": "large", "model": "digits:2", "inputs": {"pixels": "pixels"},
///             "when": {"value": "small.probabilities", "below": 0.9}},
///            {"name": "answer", "first": ["large.label", "small.label"]}],
///  "outputs": {"label": "answer"}}
/// ```
extension PipelineSpec {
    /// Whether a file's text looks like a pipeline's rather than a model's.
    package static func looksLikePipeline(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        return bytes.first { !blanks.contains($0) } == UInt8(ascii: "{")
    }

    /// Reads a pipeline's text.
    ///
    /// - Throws: `PipelineError.Code.malformed`, naming the place.
    package init(parsing bytes: [UInt8]) throws(PipelineError) {
        guard bytes.count <= Self.largest else {
            throw PipelineError(
                .malformed, "the pipeline", "its text has \(bytes.count) bytes; at most \(Self.largest) are read")
        }
        do {
            try self.init(json: try JSONValue.parse(bytes))
        } catch let error as JSONError {
            throw PipelineError(.malformed, "the pipeline", "it is not valid JSON: \(error.message)")
        } catch let error as PipelineError {
            throw error
        } catch {
            throw PipelineError(.malformed, "the pipeline", "\(error)")
        }
    }

    package init(json: JSONValue) throws(PipelineError) {
        let fields = try PipelineFields(json, "the pipeline", known: ["inputs", "steps", "outputs"])
        inputs = []
        for name in try fields.texts("inputs") { inputs.append(try Self.checked(name: name, "'inputs'")) }
        guard let elements = try fields.value("steps").arrayValue, (1...Self.mostSteps).contains(elements.count) else {
            throw PipelineError(.malformed, "the pipeline", "'steps' is to be a list of 1 to \(Self.mostSteps) steps")
        }
        steps = []
        for (index, element) in elements.enumerated() {
            steps.append(try Step(json: element, place: "step \(index + 1)"))
        }
        outputs = try fields.bindings("outputs", checksNames: true)
    }

    /// The same, as it is stored.
    package var json: JSONValue {
        .object([
            ("inputs", .array(inputs.map { .string($0) })), ("steps", .array(steps.map(\.json))),
            ("outputs", outputs.json),
        ])
    }
}

extension PipelineSpec.Step {
    private static let kinds = PipelineSpec.Combination.Kind.allCases.map(\.rawValue)

    fileprivate init(json: JSONValue, place: String) throws(PipelineError) {
        let fields = try PipelineFields(
            json, place, known: ["name", "model", "digest", "inputs", "weights", "by", "when"] + Self.kinds)
        name = try PipelineSpec.checked(name: try fields.text("name"), place)
        let place = "step '\(name)'"
        action = try Self.action(try PipelineFields(json, place, known: Self.members(fields, place)))
        condition = try fields.valueIfPresent("when").map { (value) throws(PipelineError) in
            try PipelineSpec.Condition(json: value, place: "\(place), 'when'")
        }
    }

    /// What a step of this kind may have.
    private static func members(_ fields: PipelineFields, _ place: String) throws(PipelineError) -> [String] {
        let actions = fields.present(["model"] + kinds)
        guard actions.count == 1 else {
            throw PipelineError(
                .malformed, place, "expected one of model, \(kinds.joined(separator: ", "))",
                help: actions.isEmpty ? nil : "it has \(actions.joined(separator: " and ")): make them two steps")
        }
        switch actions[0] {
        case "model": return ["name", "when", "model", "digest", "inputs"]
        case "first": return ["name", "when", "first"]
        case "best": return ["name", "when", "best", "by"]
        default: return ["name", "when", actions[0], "weights"]
        }
    }

    private static func action(_ fields: PipelineFields) throws(PipelineError) -> PipelineSpec.Action {
        guard let kind = PipelineSpec.Combination.Kind.allCases.first(where: { fields.has($0.rawValue) }) else {
            let member = PipelineSpec.Member(
                reference: try fields.text("model"), digest: fields.has("digest") ? try fields.text("digest") : nil)
            return .model(member, inputs: try fields.bindings("inputs", checksNames: false))
        }
        var combination = PipelineSpec.Combination(kind: kind, sources: [])
        combination.sources = try sources(fields, kind.rawValue)
        if fields.has("by") { combination.confidences = try sources(fields, "by") }
        if fields.has("weights") { combination.weights = try fields.numbers("weights") }
        return .combine(combination)
    }

    private static func sources(
        _ fields: PipelineFields, _ key: String
    ) throws(PipelineError) -> [PipelineSpec.Source] {
        var sources: [PipelineSpec.Source] = []
        for text in try fields.texts(key) { sources.append(try PipelineSpec.Source(text, fields.place)) }
        return sources
    }

    fileprivate var json: JSONValue {
        var members: [(String, JSONValue)] = [("name", .string(name))]
        switch action {
        case .model(let member, let inputs):
            members.append(("model", .string(member.reference)))
            if let digest = member.digest { members.append(("digest", .string(digest))) }
            members.append(("inputs", inputs.json))
        case .combine(let combination):
            members.append((combination.kind.rawValue, combination.sources.json))
            if !combination.confidences.isEmpty { members.append(("by", combination.confidences.json)) }
            if !combination.weights.isEmpty {
                members.append(("weights", .array(combination.weights.map { .number($0) })))
            }
        }
        if let condition { members.append(("when", condition.json)) }
        return .object(members)
    }
}

extension PipelineSpec.Condition {
    private static let tests = ["below", "atLeast", "equals", "differs"]

    fileprivate init(json: JSONValue, place: String) throws(PipelineError) {
        let fields = try PipelineFields(json, place, known: ["value"] + Self.tests)
        source = try PipelineSpec.Source(try fields.text("value"), place)
        let named = fields.present(Self.tests)
        guard named.count == 1 else {
            throw PipelineError(.malformed, place, "expected one of \(Self.tests.joined(separator: ", "))")
        }
        let value = try fields.value(named[0])
        switch (named[0], value.doubleValue, value.stringValue) {
        case ("below", let number?, _): test = .below(number)
        case ("atLeast", let number?, _): test = .atLeast(number)
        case ("equals", let number?, _): test = .equals(.number(number))
        case ("equals", _, let text?): test = .equals(.text(text))
        case ("differs", let number?, _): test = .differs(.number(number))
        case ("differs", _, let text?): test = .differs(.text(text))
        default:
            throw PipelineError(.malformed, place, "'\(named[0])' takes a number, 'equals' and 'differs' also text")
        }
    }

    fileprivate var json: JSONValue {
        let (name, value): (String, JSONValue) =
            switch test {
            case .below(let number): ("below", .number(number))
            case .atLeast(let number): ("atLeast", .number(number))
            case .equals(let literal): ("equals", literal.json)
            case .differs(let literal): ("differs", literal.json)
            }
        return .object([("value", .string(source.description)), (name, value)])
    }
}

extension PipelineSpec.Condition.Literal {
    fileprivate var json: JSONValue {
        switch self {
        case .number(let number): .number(number)
        case .text(let text): .string(text)
        }
    }
}

extension [PipelineSpec.Binding] {
    fileprivate var json: JSONValue { .object(map { ($0.name, .string($0.source.description)) }) }
}

extension [PipelineSpec.Source] {
    fileprivate var json: JSONValue { .array(map { .string($0.description) }) }
}
