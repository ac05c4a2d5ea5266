import ModelGraph
import Tensors

/// Why a file of TensorFlow's does not become a graph.
package struct TensorFlowError: ForeignRefusal, Hashable, Sendable {
    /// What was found, and where.
    package var message: String
    /// One line each: every operator that is not rebuilt.
    package var causes: [String]
    /// How to go on.
    package var help: String
    /// Whether a limit was in the way.
    package var isLimit = false

    /// How its owner makes an ONNX file of a model that is not rebuilt here.
    package static let safeWay =
        "convert it where it was trained, and where its file is trusted: tf2onnx, or model.export of Keras"

    /// A refusal.
    package init(_ message: String, causes: [String] = [], help: String = TensorFlowError.safeWay) {
        self.message = message
        self.causes = causes
        self.help = help
    }

    /// A file that breaks its own format.
    static func broken(_ message: String) -> TensorFlowError {
        TensorFlowError(message, help: "the file is damaged or was cut short; fetch it again")
    }

    /// More than is accepted.
    static func limit(_ message: String) -> TensorFlowError {
        var error = TensorFlowError(message, help: "no file of this size is accepted")
        error.isLimit = true
        return error
    }

    /// Everything that is not rebuilt, in one error.
    static func refused(_ problems: [String], _ library: String) -> TensorFlowError {
        let shown = problems.prefix(20)
        let rest = problems.count - shown.count
        return TensorFlowError(
            problems.count == 1
                ? "one part of this \(library) model is not rebuilt here"
                : "\(problems.count) parts of this \(library) model are not rebuilt here",
            causes: shown + (rest > 0 ? ["and \(rest) more"] : []))
    }

    /// A constant that does not fit its type and shape.
    init(_ error: GraphError) { self = .broken(error.message) }
}

/// Names come from files that strangers wrote: what becomes of them is short and free of control characters.
enum InertName {
    /// At most 80 characters, of which none is a control character.
    static func of(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(80) {
            result.unicodeScalars.append(scalar.properties.generalCategory.isShown ? scalar : "_")
        }
        return result
    }

    /// A name for an input or an output: without the number that TensorFlow appends to the first result.
    static func ofPort(_ text: String) -> String {
        let name = of(text)
        return name.hasSuffix(":0") ? String(name.dropLast(2)) : name
    }

    /// A name for what an operator makes: the first of those that a converter joined.
    static func ofValue(_ text: String) -> String {
        let first = text.unicodeScalars.prefix { $0 != ";" }
        let name = of(String(String.UnicodeScalarView(first)))
        return name.isEmpty ? "value" : name
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isShown: Bool {
        switch self {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
