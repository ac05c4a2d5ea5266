import Columns
import Images
package import Tensors

/// The JSON form, as it stands in a version's manifest:
///
/// ```json
/// {"pre": [{"input": "pixels", "cast": "UINT8"},
///          {"input": "pixels", "scale": 0.0625},
///          {"input": "pixels", "normalise": {"mean": [0.5], "std": [0.25], "axis": 1}},
///          {"input": "pixels", "reshape": [-1, 1, 8, 8]}],
///  "post": [{"output": "logits", "softmax": -1},
///           {"output": "logits", "topK": 3},
///           {"output": "logits", "labels": true}],
///  "labels": ["zero", "one"]}
/// ```
extension Processing {
    /// - Throws: `GraphError.Code.invalidProcessing` naming the step, what was expected and what was found. Unknown
    ///   keys are refused.
    package init(json: JSONValue) throws(GraphError) {
        let members = try json.members(allowing: ["pre", "post", "labels"], in: "processing")
        self.init()
        for (index, step) in try (members["pre"] ?? []).elements(in: "'pre'").enumerated() {
            pre.append(try PreStep(json: step, place: "step \(index + 1) of 'pre'"))
        }
        for (index, step) in try (members["post"] ?? []).elements(in: "'post'").enumerated() {
            post.append(try PostStep(json: step, place: "step \(index + 1) of 'post'"))
        }
        labels = try (members["labels"] ?? []).list(in: "'labels'", of: "text", \.stringValue)
    }

    /// The same, in the fixed order `pre`, `post`, `labels`; empty parts are left out.
    package func jsonValue() -> JSONValue {
        var members: [(String, JSONValue)] = []
        if !pre.isEmpty { members.append(("pre", .array(pre.map { $0.jsonValue() }))) }
        if !post.isEmpty { members.append(("post", .array(post.map { $0.jsonValue() }))) }
        if !labels.isEmpty { members.append(("labels", .array(labels.map { .string($0) }))) }
        return .object(members)
    }
}

extension PreStep {
    fileprivate init(json: JSONValue, place: String) throws(GraphError) {
        let (input, name, value) = try json.step(
            "input", ["scale", "normalise", "reshape", "cast", "image", "columns"], place)
        switch name {
        case "image":
            do throws(ImageError) {
                self.init(input: input, .image(try ImageRecipe(json: value)))
            } catch {
                throw GraphError(.invalidProcessing, "\(place): \(error.message)")
            }
        case "columns":
            do throws(ColumnError) {
                self.init(input: input, .columns(try ColumnRecipe.list(json: value)))
            } catch {
                throw GraphError(.invalidProcessing, "\(place): \(error.message)")
            }
        case "scale": self.init(input: input, .scale(try value.number(in: place)))
        case "normalise":
            let members = try value.members(allowing: ["mean", "std", "axis"], in: place)
            self.init(
                input: input,
                .normalise(
                    mean: try (members["mean"] ?? []).list(in: place, of: "a number", \.doubleValue),
                    std: try (members["std"] ?? []).list(in: place, of: "a number", \.doubleValue),
                    axis: try (members["axis"] ?? 1).integer(in: place)))
        case "reshape":
            guard value.objectValue != nil else {
                self.init(input: input, .reshape(to: try value.list(in: place, of: "a whole number", \.intValue)))
                return
            }
            let members = try value.members(allowing: ["to", "from"], in: place)
            let source = try members["from"].map { (from) throws(GraphError) in
                try from.list(in: place, of: "a whole number", \.intValue)
            }
            let target = try (members["to"] ?? []).list(in: place, of: "a whole number", \.intValue)
            self.init(input: input, .reshape(to: target, from: source))
        default:
            guard let text = value.stringValue, let type = ElementType(protocolName: text) else {
                throw value.unexpected("an element type such as \"UINT8\"", in: place)
            }
            self.init(input: input, .cast(from: type))
        }
    }

    fileprivate func jsonValue() -> JSONValue {
        let value: JSONValue =
            switch operation {
            case .scale(let factor): .number(factor)
            case .normalise(let mean, let std, let axis):
                .object([
                    ("mean", .array(mean.map { .number($0) })), ("std", .array(std.map { .number($0) })),
                    ("axis", .integer(axis)),
                ])
            case .reshape(let target, nil): .integers(target)
            case .reshape(let target, let source?):
                .object([("to", .integers(target)), ("from", .integers(source))])
            case .cast(let type): .string(type.displayName)
            case .image(let recipe): recipe.json
            case .columns(let recipes): .array(recipes.map(\.json))
            }
        return .object([("input", .string(input)), (operation.name, value)])
    }
}

extension PostStep {
    fileprivate init(json: JSONValue, place: String) throws(GraphError) {
        let (output, name, value) = try json.step(
            "output", ["softmax", "argmax", "topK", "threshold", "above", "labels"], place)
        switch name {
        case "softmax": self.init(output: output, .softmax(axis: try value.integer(in: place)))
        case "argmax": self.init(output: output, .argmax(axis: try value.integer(in: place)))
        case "topK": self.init(output: output, .topK(try value.integer(in: place)))
        case "threshold": self.init(output: output, .threshold(try value.numbers(in: place)))
        case "above": self.init(output: output, .above(try value.numbers(in: place)))
        default:
            guard value.boolValue == true else { throw value.unexpected("true", in: place) }
            self.init(output: output, .labels)
        }
    }

    fileprivate func jsonValue() -> JSONValue {
        let step: (String, JSONValue) =
            switch operation {
            case .softmax(let axis): ("softmax", .integer(axis))
            case .argmax(let axis): ("argmax", .integer(axis))
            case .topK(let count): ("topK", .integer(count))
            case .threshold(let thresholds): ("threshold", .numbers(thresholds))
            case .above(let thresholds): ("above", .numbers(thresholds))
            case .labels: ("labels", true)
            }
        return .object([("output", .string(output)), step])
    }
}

/// Reading with words for what does not fit.
extension JSONValue {
    /// One number stands alone.
    fileprivate static func numbers(_ values: [Double]) -> JSONValue {
        values.count == 1 ? .number(values[0]) : .array(values.map { .number($0) })
    }

    fileprivate static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer($0) }) }

    fileprivate func unexpected(_ expected: String, in place: String) -> GraphError {
        let found = encodedString()
        let shown = found.utf8.count > 80 ? "something else" : found
        return GraphError(.invalidProcessing, "\(place): expected \(expected), found \(shown)")
    }

    fileprivate func members(
        allowing keys: Set<String>, in place: String
    ) throws(GraphError) -> [String: JSONValue] {
        guard let members = objectValue else { throw unexpected("an object", in: place) }
        var result: [String: JSONValue] = [:]
        for member in members {
            guard keys.contains(member.key) else {
                let known = keys.sorted().joined(separator: ", ")
                throw GraphError(.invalidProcessing, "\(place): unknown key \(member.key.quoted); expected \(known)")
            }
            result[member.key] = member.value
        }
        return result
    }

    /// A step: whose it is, and the one operation it has.
    fileprivate func step(
        _ subject: String, _ operations: Set<String>, _ place: String
    ) throws(GraphError) -> (String, String, JSONValue) {
        let members = try members(allowing: operations.union([subject]), in: place)
        guard let name = members[subject]?.stringValue, !name.isEmpty else {
            throw GraphError(.invalidProcessing, "\(place): expected '\(subject)' with a name")
        }
        let found = members.filter { $0.key != subject }
        guard found.count == 1, let (operation, value) = found.first else {
            throw GraphError(
                .invalidProcessing, "\(place): expected one of \(operations.sorted().joined(separator: ", "))")
        }
        return (name, operation, value)
    }

    fileprivate func elements(in place: String) throws(GraphError) -> [JSONValue] {
        guard let elements = arrayValue else { throw unexpected("a list", in: place) }
        return elements
    }

    fileprivate func list<Element>(
        in place: String, of expected: String, _ read: (JSONValue) -> Element?
    ) throws(GraphError) -> [Element] {
        var result: [Element] = []
        for element in try elements(in: place) {
            guard let value = read(element) else { throw element.unexpected(expected, in: place) }
            result.append(value)
        }
        return result
    }

    /// One number, or a list of them.
    fileprivate func numbers(in place: String) throws(GraphError) -> [Double] {
        arrayValue == nil ? [try number(in: place)] : try list(in: place, of: "a number", \.doubleValue)
    }

    fileprivate func integer(in place: String) throws(GraphError) -> Int {
        guard let value = intValue else { throw unexpected("a whole number", in: place) }
        return value
    }

    fileprivate func number(in place: String) throws(GraphError) -> Double {
        guard let value = doubleValue else { throw unexpected("a number", in: place) }
        return value
    }
}
