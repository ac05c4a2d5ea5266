import ArgumentParser
import Client
import Tensors

/// Which requests are sent, and what their answers must be.
struct SampleOptions: ParsableArguments {
    @Option(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("FP32 rows to send, one a request.", valueName: "file.npz:array"))
    var rows: String

    @Option(
        help: ArgumentHelp(
            "INT64 classes, one for each row; repeated: only rows on which all agree are sent.",
            valueName: "file.npz:array"))
    var answers: [String]

    @Option(help: "What every value of the rows is multiplied by before it is sent.")
    var scale: Float = 1

    @Option(help: "The model's input.")
    var input = "pixels"

    @Option(help: "The output asked for: scores of the classes.")
    var output = "logits"

    @Flag(help: "Send tensors as JSON numbers rather than as bytes after the JSON.")
    var json = false

    /// One prepared request for each row.
    ///
    /// - Throws: `ValidationError` when the arrays are not what the options say, `TensorError` and `ClientError` as they
    ///   come.
    func samples(for server: ServerAddress) throws -> [LoadSample] {
        let tensor = try Self.array(named: rows)
        guard let values = tensor.values(as: Float.self), tensor.elementType == .float32,
            tensor.shape.dimensions.count == 2, let count = tensor.shape.dimensions.first, count > 0
        else { throw ValidationError("'\(rows)' is \(tensor.elementType) \(tensor.shape); expected FP32 rows") }
        let width = values.count / count
        let classes = try answers.map { try Self.classes($0, count: count) }
        return try (0..<count).compactMap { row -> LoadSample? in
            guard let answer = classes.first?[row], classes.allSatisfy({ $0[row] == answer }) else { return nil }
            let scaled = values[(row * width)..<(row * width + width)].map { $0 * scale }
            let request = InferenceRequest(
                endpoint: endpoint,
                inputs: [(name: input, tensor: try Tensor(.float32, Shape([1, width]), values: scaled))],
                outputs: [output], isBinary: !json)
            return try LoadSample(request, to: server, expecting: .labels([Int(answer)]))
        }
    }

    private static func classes(_ name: String, count: Int) throws -> [Int64] {
        let tensor = try array(named: name)
        guard tensor.elementType == .int64, let classes = tensor.values(as: Int64.self), classes.count == count else {
            throw ValidationError(
                "'\(name)' is \(tensor.elementType) \(tensor.shape); expected INT64 with one class for each of \(count) rows"
            )
        }
        return classes
    }

    /// The array that `file.npz:array` names.
    private static func array(named text: String) throws -> Tensor {
        guard let colon = text.lastIndex(of: ":") else {
            throw ValidationError("'\(text)' names no array; expected file.npz:array")
        }
        let name = text[text.index(after: colon)...]
        let arrays = try NPZ.read(path: String(text[..<colon]))
        guard let found = arrays.first(where: { $0.name == name }) else {
            throw ValidationError("'\(text[..<colon])' has no array '\(name)'")
        }
        return found.tensor
    }
}
