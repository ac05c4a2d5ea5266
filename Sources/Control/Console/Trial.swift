import Client
import Registry
import Release
import Tensors
import Trust

/// The try-it form: made from a version's signature, answered by the data plane like any client.
struct Trial: Sendable {
    let registry: ModelRegistry
    /// The data plane, as it is reached from here.
    let server: ServerAddress
    /// The same as people write it, with its scheme.
    let address: String
    /// Whether it answers only who sends a token.
    var asksForTokens = false

    /// One input of the form and what was typed.
    struct Field: Sendable {
        var spec: TensorSpec
        var view: Views.Input
        var text: String
    }

    /// The most elements that a form starts with.
    private static let mostElements = 4096

    func inputs(of endpoint: Overview.Endpoint, given form: FormBody?) throws -> [Field] {
        guard let arm = endpoint.arms.first?.arm else { return [] }
        let description = try registry.description(try Digest(arm.digest))
        return description.signature.inputs.enumerated().map { index, spec in
            let image = ImageHint(description.labels["view.\(spec.name)"], spec)
            let text = form?["in-\(index)"] ?? Self.sample(spec)
            let count = Self.elementsPerRow(spec)
            return Field(
                spec: spec,
                view: Views.Input(
                    index: String(index), name: spec.name, type: spec.elementType.displayName,
                    shape: spec.shapeDescription, value: text,
                    hint: spec.elementType == .string
                        ? "one value a line"
                        : "\(count) number\(count == 1 ? "" : "s") a row, separated by spaces or commas",
                    isImage: image != nil, columns: String(image?.columns ?? 0), rows: String(image?.rows ?? 0),
                    maximum: image?.maximum ?? "1"),
                text: text)
        }
    }

    func ask(_ endpoint: Overview.Endpoint, _ fields: [Field], bearer: String?) async -> Views.Answer {
        do {
            let inputs = try fields.map { (name: $0.spec.name, tensor: try Self.tensor($0)) }
            let client = InferenceClient(HTTPClient(server), bearer: bearer)
            let reply = try await client.infer(
                InferenceRequest(endpoint: endpoint.name.text, inputs: inputs, isBinary: true))
            return AnswerBuilder.answer(reply, labels: try labels(endpoint))
        } catch let error as TensorError {
            return Self.problem(error.message)
        } catch let error as ClientError {
            return Self.problem(error.message)
        } catch {
            return Self.problem("the request could not be made")
        }
    }

    private func labels(_ endpoint: Overview.Endpoint) throws -> [String] {
        guard let arm = endpoint.arms.first?.arm else { return [] }
        return try registry.description(try Digest(arm.digest)).processing?["labels"]?.arrayValue?
            .compactMap(\.stringValue) ?? []
    }

    private static func problem(_ text: String) -> Views.Answer {
        var answer = Views.Answer.none
        answer.problem = text
        return answer
    }

    // MARK: - Text and tensors

    private static func elementsPerRow(_ spec: TensorSpec) -> Int {
        let sizes = (spec.dimensions ?? []).dropFirst().map { $0.size ?? 1 }
        return sizes.reduce(1) { product, size in
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            return overflow ? mostElements : next
        }
    }

    private static func sample(_ spec: TensorSpec) -> String {
        if spec.elementType == .string { return "text" }
        return repeatElement("0", count: min(elementsPerRow(spec), mostElements)).joined(separator: " ")
    }

    /// Typed text as a tensor; a first dimension that is free becomes as many rows as there are.
    static func tensor(_ field: Field) throws(TensorError) -> Tensor {
        // A browser ends lines with CR LF, which is one character.
        let words = field.text.split { $0.isWhitespace || $0 == "," }.map(String.init)
        let lines = field.text.split(whereSeparator: \.isNewline).map(String.init)
        let count = field.spec.elementType == .string ? lines.count : words.count
        let shape = try shape(field.spec, elements: count)
        if field.spec.elementType == .string { return try Tensor(shape, strings: StringElements(lines)) }
        var values: [Double] = []
        for word in words {
            guard let value = Double(word) else {
                throw TensorError(.malformedFile, "'\(word.prefix(20))' in '\(field.spec.name)' is no number")
            }
            values.append(value)
        }
        return try Tensor(.float64, shape, values: values).converted(to: field.spec.elementType)
    }

    private static func shape(_ spec: TensorSpec, elements: Int) throws(TensorError) -> Shape {
        let perRow = elementsPerRow(spec)
        let rows = spec.dimensions?.first?.size ?? (perRow == 0 ? 0 : elements / perRow)
        let sizes =
            spec.dimensions?.isEmpty == true ? [] : [rows] + (spec.dimensions ?? []).dropFirst().map { $0.size ?? 1 }
        let shape = try Shape(sizes)
        guard shape.elementCount == elements else {
            throw TensorError(
                .sizeMismatch,
                "'\(spec.name)' expects \(spec.shapeDescription): rows of \(perRow), got \(elements) values")
        }
        return shape
    }
}

/// The label `view.INPUT=image 8x8/16`: the input's numbers are pixels, row by row, from 0 to the number after `/`.
struct ImageHint {
    var columns: Int
    var rows: Int
    var maximum: String

    init?(_ label: String?, _ spec: TensorSpec) {
        guard let label, label.hasPrefix("image ") else { return nil }
        let parts = label.dropFirst("image ".count).split(separator: "/")
        let sizes = parts.first?.split(separator: "x").compactMap { Int($0) } ?? []
        guard sizes.count == 2, (1...64).contains(sizes[0]), (1...64).contains(sizes[1]) else { return nil }
        columns = sizes[0]
        rows = sizes[1]
        maximum = parts.count == 2 && Double(parts[1]) != nil ? String(parts[1]) : "1"
        guard spec.dimensions?.last?.size == columns * rows else { return nil }
    }
}
