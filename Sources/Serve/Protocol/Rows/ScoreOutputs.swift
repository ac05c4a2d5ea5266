import Engines
import Tensors

/// Which outputs of a model are what `:classify` and `:regress` answer with.
///
/// TensorFlow models say so in their signatures; ours do not, so it follows from shapes and names.
struct ScoreOutputs {
    /// The position of the scores, or of the values of a regression.
    var scores: Int
    /// The position of an output with the classes' names, one for each score.
    var classes: Int?

    /// The outputs that `:classify` answers with: scores of shape [N, C], those after a softmax before others.
    ///
    /// - Throws: `RequestFault.Code.unsupported` when the model has none.
    static func classification(of arm: LiveArm) throws(RequestFault) -> ScoreOutputs {
        let outputs = arm.signature.outputs
        let candidates = outputs.indices.filter { index in
            let spec = outputs[index]
            guard spec.elementType == .float32 || spec.elementType == .float64 else { return false }
            return spec.dimensions.map { $0.count == 2 && $0[1].size != 1 } ?? true
        }
        let likely = candidates.first { index in
            let name = outputs[index].name.lowercased()
            return name.contains("prob") || name.contains("softmax")
        }
        guard let scores = likely ?? candidates.first else {
            throw RequestFault(
                .unsupported,
                "model '\(arm.endpoint)' has no output of class scores (FP32 or FP64 of shape [N, classes]); "
                    + "use ':predict'")
        }
        let classes = outputs.indices.first { index in
            outputs[index].elementType == .string && outputs[index].dimensions?.count == 2
        }
        return ScoreOutputs(scores: scores, classes: classes)
    }

    /// The output that `:regress` answers with: numbers of shape [N] or [N, 1].
    ///
    /// - Throws: `RequestFault.Code.unsupported` when the model has none.
    static func regression(of arm: LiveArm) throws(RequestFault) -> ScoreOutputs {
        let outputs = arm.signature.outputs
        let index = outputs.indices.first { index in
            let spec = outputs[index]
            guard spec.elementType == .float32 || spec.elementType == .float64 else { return false }
            return spec.dimensions.map { $0.count == 1 || ($0.count == 2 && $0[1].size ?? 1 == 1) } ?? true
        }
        guard let index else {
            throw RequestFault(
                .unsupported,
                "model '\(arm.endpoint)' has no output with one number a row (FP32 or FP64 of shape [N] or [N, 1]); "
                    + "use ':predict'")
        }
        return ScoreOutputs(scores: index)
    }

    var wanted: [Int] { [scores] + (classes.map { [$0] } ?? []) }
}

/// Writes the answers of `:classify` and `:regress`.
///
/// Source: TensorFlow Serving, RESTful API, "Classify and Regress API".
struct ScoreReply {
    let job: InferenceJob
    let outputs: ScoreOutputs
    let rows: Int

    /// `{"results": [[["cat", 0.9], ["dog", 0.1]]]}`
    func encodeClasses(into text: inout JSONWriter) throws(RequestFault) {
        let scores = try self.scores
        let count = rows == 0 ? 0 : scores.shape.elementCount / rows
        let names = try classNames(count: count)
        text.raw("{\"results\":[")
        for row in 0..<rows {
            text.raw(row == 0 ? "[" : ",[")
            for index in 0..<count {
                text.raw(index == 0 ? "[" : ",[")
                text.string(names(row, index))
                text.raw(",")
                text.score(scores, at: row * count + index)
                text.raw("]")
            }
            text.raw("]")
        }
        text.raw("]}")
    }

    /// `{"results": [0.5, 1.5]}`
    func encodeValues(into text: inout JSONWriter) throws(RequestFault) {
        let scores = try self.scores
        guard scores.shape.elementCount == rows else {
            throw RequestFault(
                .unsupported, "the output has shape \(scores.shape), not one number for each example; use ':predict'")
        }
        text.raw("{\"results\":[")
        for row in 0..<rows {
            if row > 0 { text.raw(",") }
            text.score(scores, at: row)
        }
        text.raw("]}")
    }

    /// The scores, a row for each example.
    var scores: Tensor {
        get throws(RequestFault) {
            let (name, tensor) = try job.output(outputs.scores)
            guard tensor.shape.dimensions.first == rows, tensor.shape.dimensions.count <= 2 else {
                throw RequestFault(
                    .unsupported, "output '\(name)' has shape \(tensor.shape), not one row for each example")
            }
            return tensor
        }
    }

    /// The name of a class in a row: from the model's own output, from the package, else its number.
    func classNames(count: Int) throws(RequestFault) -> (_ row: Int, _ index: Int) -> String {
        if let classes = outputs.classes, let strings = try job.output(classes).tensor.strings,
            strings.count == rows * count
        {
            return { row, index in String(decoding: strings[row * count + index], as: UTF8.self) }
        }
        let known = job.arm.servable.classes
        return known.count == count ? { _, index in known[index] } : { _, index in String(index) }
    }
}

extension JSONWriter {
    /// Appends an element of an FP32 or FP64 tensor.
    fileprivate mutating func score(_ tensor: Tensor, at index: Int) {
        if tensor.elementType == .float32 {
            floatOrWord(tensor.bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
        } else {
            doubleOrWord(tensor.bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self))
        }
    }
}
